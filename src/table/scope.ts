import type { ITableScope } from '../client/tokens';

/** Whose runs a table shows, as one chooses it. */
export interface IScopeChoice {
  /** The notebook in front, or experiments. */
  readonly mode: 'notebook' | 'all';
  /** Id of the store (mode `all`), or null for that of the notebook, else the default one. */
  readonly store: string | null;
  /** Ids of experiments (mode `all`), or null for all of them. */
  readonly experiments: readonly string[] | null;
  /** A cell of the notebook (mode `notebook`), or null for all of them. */
  readonly cell: string | null;
  readonly deleted: boolean;
}

export const FIRST_CHOICE: IScopeChoice = {
  mode: 'notebook',
  store: null,
  experiments: null,
  cell: null,
  deleted: false
};

/**
 * What to ask the server for, and the name under which the table's state is kept.
 *
 * @param own - Id of the store that was chosen for the notebook; null is the default one.
 */
export function resolveScope(
  choice: IScopeChoice,
  notebook: string | null,
  own: string | null = null
): { scope: ITableScope | null; place: string } {
  const store = choice.store ?? own;
  const stage = choice.deleted ? 'deleted' : 'active';
  if (choice.mode === 'all') {
    const { experiments } = choice;
    return {
      scope: { experiments, stage, ...(store ? { store } : {}) },
      place:
        (experiments
          ? `experiments:${[...experiments].sort().join(',')}`
          : 'all') + (store ? `@${store}` : '')
    };
  }
  return {
    scope: notebook === null ? null : { notebook, cell: choice.cell, stage },
    place: `notebook:${notebook ?? ''}`
  };
}

/** A choice out of what was stored. */
export function readChoice(value: unknown): IScopeChoice {
  const given = (value ?? {}) as Record<string, unknown>;
  return {
    ...FIRST_CHOICE,
    mode: given.mode === 'all' ? 'all' : 'notebook',
    store: typeof given.store === 'string' && given.store ? given.store : null,
    experiments: Array.isArray(given.experiments)
      ? (given.experiments as unknown[]).filter(
          (id): id is string => typeof id === 'string'
        )
      : null
  };
}
