import type { TranslationBundle } from '@jupyterlab/translation';

import { formatBytes } from '../text';
import type { IPush, IPushRun } from './tokens';

/** One line that says how far a push is. */
export function progressLine(
  push: IPush,
  target: string,
  trans: TranslationBundle
): string {
  const over = push.runs.filter(
    run => run.state === 'done' || run.state === 'failed'
  ).length;
  const current = push.runs.find(run => run.state === 'running');
  const head = trans.__(
    'Pushing to %1: %2 of %3 runs',
    target,
    over,
    push.runs.length
  );
  return current
    ? `${head} · ${current.name} · ${stepText(current, trans)}`
    : head;
}

/** One line that says how a push has ended. */
export function endLine(
  push: IPush,
  target: string,
  trans: TranslationBundle
): string {
  const done = push.runs.filter(run => run.state === 'done').length;
  if (push.error) {
    return trans.__('Nothing was pushed to %1: %2', target, push.error.message);
  }
  if (push.state === 'cancelled') {
    return trans.__(
      'The push to %1 was stopped after %2 of %3 runs. Push again to go on from there.',
      target,
      done,
      push.runs.length
    );
  }
  const failed = push.runs.length - done;
  if (failed > 0) {
    return trans._n(
      '%1 run was not pushed to %2 as a whole',
      '%1 runs were not pushed to %2 as a whole',
      failed,
      target
    );
  }
  return trans._n(
    '%1 run is in %2',
    '%1 runs are in %2',
    push.runs.length,
    target
  );
}

/** What is being done with a run. */
export function stepText(run: IPushRun, trans: TranslationBundle): string {
  switch (run.step) {
    case 'metrics':
      return run.points_total > 0
        ? trans.__(
            '%1 of %2 points',
            run.points_sent.toLocaleString(),
            run.points_total.toLocaleString()
          )
        : trans.__('%1 points', run.points_sent.toLocaleString());
    case 'artifacts':
      return trans.__('artifacts, %1', formatBytes(run.bytes_sent));
    case 'models':
      return trans.__('models, %1', formatBytes(run.bytes_sent));
    case 'params':
      return trans.__('params and tags');
    default:
      return trans.__('run');
  }
}

/** The state of a run in the table of a push. */
export function stateText(run: IPushRun, trans: TranslationBundle): string {
  switch (run.state) {
    case 'waiting':
      return trans.__('not reached');
    case 'running':
      return stepText(run, trans);
    case 'failed':
      return trans.__('failed');
    case 'done':
      return run.made
        ? trans.__('pushed')
        : run.files_sent > 0
          ? trans.__('brought up to date')
          : trans.__('was there, checked');
  }
}
