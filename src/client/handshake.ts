import type { TranslationBundle } from '@jupyterlab/translation';

import { RunsError } from './errors';
import { INSTALL_COMMAND } from './failure';

/** The version in Python's spelling: `1.0.0-alpha.2` and `1.0.0a2` are the same release. */
export function pep440(version: string): string {
  return version
    .trim()
    .replace(/^v/, '')
    .replace(/\+.*$/, '')
    .replace(
      /[-.]?(alpha|beta|rc|a|b)[-.]?(\d+)$/,
      (_, word: string, n: string) => {
        return `${{ alpha: 'a', beta: 'b' }[word] ?? word}${n}`;
      }
    );
}

/** The error of two halves of different versions, or null where they fit. */
export function checkVersions(
  frontEnd: string,
  server: string,
  trans: TranslationBundle
): RunsError | null {
  if (pep440(frontEnd) === pep440(server)) {
    return null;
  }
  return new RunsError({
    message: trans.__(
      'Cellruns in this page has version %1, its server part has version %2.',
      frontEnd,
      server
    ),
    hint: trans.__(
      'Run "%1" in the environment of the Jupyter server, restart the server and reload this page.',
      INSTALL_COMMAND
    ),
    code: 'version_mismatch'
  });
}
