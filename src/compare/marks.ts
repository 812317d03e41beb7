import { diffChars, diffLines, diffWordsWithSpace } from 'diff';

/** Characters up to which texts are compared character by character. */
const MAX_CHARS = 400;

/** A part of a text, and whether the other text has it not. */
export interface IMark {
  readonly text: string;
  readonly differs: boolean;
}

/** A text in parts, those marked that the other has not. */
export function marksOf(text: string, other: string): IMark[] {
  if (text === other) {
    return [{ text, differs: false }];
  }
  const parts =
    text.length + other.length <= MAX_CHARS
      ? diffChars(other, text)
      : diffWordsWithSpace(other, text);
  return parts
    .filter(part => !part.removed)
    .map(part => ({ text: part.value, differs: part.added }));
}

/** A line of a difference of two texts. */
export interface IDiffLine {
  readonly kind: 'same' | 'added' | 'removed' | 'skipped';
  readonly text: string;
}

/** Differences of two texts line by line, with `context` equal lines around each; null where they are equal. */
export function linesOf(
  before: string,
  after: string,
  context = 3
): IDiffLine[] | null {
  if (before === after) {
    return null;
  }
  const lines = diffLines(end(before), end(after)).flatMap(part =>
    part.value
      .replace(/\n$/, '')
      .split('\n')
      .map((text): IDiffLine => ({
        kind: part.added ? 'added' : part.removed ? 'removed' : 'same',
        text
      }))
  );
  const near = lines.map((_, i) =>
    lines
      .slice(Math.max(0, i - context), i + context + 1)
      .some(line => line.kind !== 'same')
  );
  return lines.flatMap((line, i) => {
    if (near[i]) {
      return [line];
    }
    return i === 0 || near[i - 1] ? [{ kind: 'skipped', text: '⋯' }] : [];
  });
}

/** Lines that were added and removed between two texts. */
export function countLines(
  before: string,
  after: string
): { added: number; removed: number } {
  let added = 0;
  let removed = 0;
  for (const part of diffLines(end(before), end(after))) {
    added += part.added ? (part.count ?? 0) : 0;
    removed += part.removed ? (part.count ?? 0) : 0;
  }
  return { added, removed };
}

/** A last line without its end is no other line. */
function end(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
