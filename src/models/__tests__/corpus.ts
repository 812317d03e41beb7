import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Folder of real descriptor files, or null: tests that need it are skipped. */
export const CORPUS =
  [process.env.CELLRUNS_CORPUS, resolve('../shared/corpus')].find(
    (path): path is string => !!path && existsSync(path)
  ) ?? null;

/** The files of one kind, name and text. */
export function corpusFiles(
  kind: 'MLmodel' | 'MLproject' | 'envs'
): [string, string][] {
  if (!CORPUS) {
    console.warn(
      'No corpus of real files: set CELLRUNS_CORPUS to its folder to run these tests.'
    );
    return [];
  }
  const folder = join(CORPUS, kind);
  return readdirSync(folder).map(name => [
    name,
    readFileSync(join(folder, name), 'utf8')
  ]);
}
