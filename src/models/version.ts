/** Whether a version is that one or a later one, by its release numbers; a text without numbers is not. */
export function atLeast(version: string, least: string): boolean {
  const have = numbers(version);
  const want = numbers(least);
  for (let index = 0; index < want.length; index++) {
    const difference = (have[index] ?? 0) - want[index];
    if (difference !== 0) {
      return difference > 0;
    }
  }
  return have.length > 0;
}

function numbers(version: string): number[] {
  return (/^\d+(\.\d+)*/.exec(version)?.[0] ?? '')
    .split('.')
    .filter(Boolean)
    .map(Number);
}
