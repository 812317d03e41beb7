import type { ITableScope } from '../client/tokens';

/** Whose runs a table shows, as one chooses it. */
export interface IScopeChoice {
  /** The notebook in front, or experiments. */
  readonly mode: 'notebook' | 'all';
  /** Ids of experiments (mode `all`), or null for all of them. */
  readonly experiments: readonly string[] | null;
  /** A cell of the notebook (mode `notebook`), or null for all of them. */
  readonly cell: string | null;
  readonly deleted: boolean;
}

export const FIRST_CHOICE: IScopeChoice = {
  mode: 'notebook',
  experiments: null,
  cell: null,
  deleted: false
};

/** What to ask the server for of the notebook's store (null: the default one), and the name under which the table's state is kept. */
export function resolveScope(
  choice: IScopeChoice,
  notebook: string | null,
  store: string | null = null
): { scope: ITableScope | null; place: string } {
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
    experiments: Array.isArray(given.experiments)
      ? (given.experiments as unknown[]).filter(
          (id): id is string => typeof id === 'string'
        )
      : null
  };
}
