/** The way from one folder to a path, both relative to the server's root: `../models/m`. */
export function relativePath(from: string, to: string): string {
  const start = from.split('/').filter(Boolean);
  const end = to.split('/').filter(Boolean);
  let shared = 0;
  while (shared < start.length && start[shared] === end[shared]) {
    shared++;
  }
  const way = [...start.slice(shared).map(() => '..'), ...end.slice(shared)];
  return way.length === 0
    ? '.'
    : way[0] === '..'
      ? way.join('/')
      : `./${way.join('/')}`;
}

/** Several lines of shell as one, so that typing them into a terminal runs nothing yet. */
export function oneLine(code: string): string {
  return code
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter(line => line.trim() && !line.startsWith('#'))
    .join(' && ');
}
