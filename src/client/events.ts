import type { IRunsChange } from './tokens';

/** Schema of the event by which the server says that runs changed (docs/http-api.md). */
export const RUNS_CHANGED_SCHEMA =
  'https://jupyterlab-cellruns.readthedocs.io/events/runs_changed/v1';

const STORE_STATES: readonly string[] = [
  'idle',
  'starting',
  'ready',
  'away',
  'error'
];
const RUN_STATUSES: readonly string[] = [
  'SCHEDULED',
  'RUNNING',
  'FINISHED',
  'FAILED',
  'KILLED'
];

/** The change that an emission of the event stream carries, or null where it is another event. */
export function decodeRunsChanged(
  emission: Record<string, unknown>
): IRunsChange | null {
  if (emission.schema_id !== RUNS_CHANGED_SCHEMA) {
    return null;
  }
  const runs = Array.isArray(emission.runs) ? emission.runs : [];
  return {
    runs: runs.filter(isObject).flatMap(run =>
      typeof run.run_id === 'string'
        ? [
            {
              run_id: run.run_id,
              store: typeof run.store === 'string' ? run.store : null,
              experiment_id:
                typeof run.experiment_id === 'string'
                  ? run.experiment_id
                  : null,
              status: oneOf<NonNullable<IRunsChange['runs'][number]['status']>>(
                RUN_STATUSES,
                run.status
              )
            }
          ]
        : []
    ),
    stores: Object.fromEntries(
      Object.entries(isObject(emission.stores) ? emission.stores : {}).flatMap(
        ([id, store]) =>
          isObject(store)
            ? [
                [
                  id,
                  {
                    state: oneOf<NonNullable<IRunsChange['store_state']>>(
                      STORE_STATES,
                      store.state
                    ),
                    waiting:
                      typeof store.waiting === 'number' ? store.waiting : 0
                  }
                ]
              ]
            : []
      )
    ),
    store_state: oneOf<NonNullable<IRunsChange['store_state']>>(
      STORE_STATES,
      emission.store_state
    ),
    waiting: typeof emission.waiting === 'number' ? emission.waiting : 0,
    problems: typeof emission.problems === 'number' ? emission.problems : 0
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function oneOf<T extends string>(
  words: readonly string[],
  value: unknown
): T | null {
  return typeof value === 'string' && words.includes(value)
    ? (value as T)
    : null;
}
