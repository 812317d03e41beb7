import type { TranslationBundle } from '@jupyterlab/translation';

import type { IStoreState } from '../client/tokens';
import type { SessionModel, SessionPhase } from './model';

/** One line on how a notebook stands. */
export function phaseText(
  phase: SessionPhase,
  trans: TranslationBundle
): string {
  switch (phase) {
    case 'off':
      return trans.__('Runs are not tracked');
    case 'detached':
      return trans.__('Waiting for a Python kernel');
    case 'idle':
      return trans.__('Ready to track runs');
    case 'running':
      return trans.__('A run is active');
    case 'away':
      return trans.__('The store does not answer');
    case 'error':
      return trans.__('Runs can’t be stored');
  }
}

/** What people call a store. */
export function storeName(
  store: Pick<IStoreState, 'kind' | 'label'>,
  trans: Pick<TranslationBundle, '__'>
): string {
  return store.kind === 'local' ? trans.__('Local store') : store.label;
}

/** A count that fits in a badge: 999, 1.2k, 35k, 2M. */
export function shortCount(count: number): string {
  for (const [size, letter] of [
    [1e6, 'M'],
    [1e3, 'k']
  ] as const) {
    if (count >= size) {
      const scaled = count / size;
      return `${scaled < 10 ? Math.floor(scaled * 10) / 10 : Math.floor(scaled)}${letter}`;
    }
  }
  return String(count);
}

/** Everything the pill has no room for. */
export function describeSession(
  model: SessionModel,
  trans: TranslationBundle
): string {
  const lines = [trans.__('Cellruns: %1', phaseText(model.phase, trans))];
  const store = model.status?.store;
  if (model.error) {
    lines.push(model.error.message, model.error.hint);
  } else if (store) {
    lines.push(trans.__('Store: %1', `${store.label} (${store.location})`));
    lines.push(store.message ?? '', store.hint ?? '');
  }
  if (model.isEnabled && model.experiment) {
    lines.push(trans.__('Experiment: %1', model.experiment));
  }
  for (const run of model.activeRuns) {
    lines.push(trans.__('Active run: %1', run.name));
  }
  if (store && store.waiting > 0) {
    lines.push(
      trans._n(
        '%1 point waits to be stored',
        '%1 points wait to be stored',
        store.waiting
      )
    );
  }
  const problems = model.status?.kernel?.problems.length ?? 0;
  if (problems > 0) {
    lines.push(trans._n('%1 problem', '%1 problems', problems));
  }
  return lines.filter(Boolean).join('\n');
}
