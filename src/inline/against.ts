import type { IRunsClient, IRunSummary } from '../client/tokens';
import {
  changedLines,
  compareCells,
  fetchProvenance,
  type IExecutedCell,
  PROVENANCE_TAG
} from '../compare/provenance';
import { percentOf } from '../compare/table';
import type { ChartRun } from './chartRun';
import { summarize } from './summary';

/** Runs of a notebook that the last one is looked for among. */
const LOOK_BACK = 100;

/** Waits for the record of a run that has just ended (ms): it is written by threads of their own. */
const WAITS = [0, 700, 1500, 3000, 6000];

/** What changed from the last run of a cell to this one, and what it did. */
export interface IAgainst {
  readonly previous: { readonly id: string; readonly name: string };
  /** Params with other values; null is: not there. */
  readonly params: readonly {
    readonly key: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
  /** Lines of code that were added and removed in all cells; null: not known. */
  readonly code: { readonly added: number; readonly removed: number } | null;
  /** Last values of metrics that both have. */
  readonly metrics: readonly {
    readonly key: string;
    readonly before: number;
    readonly after: number;
    readonly percent: number | null;
  }[];
}

/** How to look back at the last run. */
export interface ILookBack {
  readonly store?: string;
  /** Its record may still be on its way. */
  readonly justEnded: boolean;
  /** Ids of the cells that stand below a cell in its notebook. */
  readonly below: (cellId: string) => ReadonlySet<string>;
  /** Whether anybody still waits for the answer. */
  readonly isWanted: () => boolean;
}

/** The run before a run: the last ended one of its cell, else of its notebook; null where there is none. */
export function previousOf(
  run: IRunSummary,
  all: readonly IRunSummary[]
): IRunSummary | null {
  const before = all
    .filter(
      one =>
        one.run_id !== run.run_id &&
        one.start_time < run.start_time &&
        one.status !== 'RUNNING' &&
        one.status !== 'SCHEDULED' &&
        one.parent === run.parent
    )
    .sort((a, b) => b.start_time - a.start_time);
  return (
    before.find(one => one.cell_id !== null && one.cell_id === run.cell_id) ??
    before[0] ??
    null
  );
}

/** What is different between two runs, code apart; `stored` is what the store knows of the run. */
export function differenceOf(
  run: ChartRun,
  stored: IRunSummary,
  previous: IRunSummary,
  code: IAgainst['code']
): IAgainst {
  // A notebook holds no more than the first params of a run, a store may lag behind the kernel.
  const now = new Map([...Object.entries(stored.params), ...run.params]);
  const keys = new Set([...Object.keys(previous.params), ...now.keys()]);
  const params = [...keys].flatMap(key => {
    const before = previous.params[key] ?? null;
    const after = now.get(key) ?? null;
    return before === after ? [] : [{ key, before, after }];
  });
  const metrics = [...run.series.values()].flatMap(series => {
    const known = previous.metrics[series.key];
    const after = summarize(series).last;
    if (!known || after === null || series.key.startsWith('system/')) {
      return [];
    }
    const before = Number(known.value);
    return [
      { key: series.key, before, after, percent: percentOf(after, before) }
    ];
  });
  return {
    previous: { id: previous.run_id, name: previous.name },
    params,
    code,
    metrics
  };
}

/**
 * Compare a run with the last one before it; null where there is none, or where the store does not know the run.
 *
 * #### Notes
 * The record of a run that has `justEnded` is waited for.
 */
export async function againstLast(
  client: IRunsClient,
  run: ChartRun,
  options: ILookBack
): Promise<IAgainst | null> {
  const { store } = options;
  const { runs: found } = await client.runs({
    ids: [run.run],
    store,
    limit: 1
  });
  const [summary] = found;
  if (!summary?.notebook) {
    return null;
  }
  const { runs } = await client.runs({
    notebook: summary.notebook,
    store,
    limit: LOOK_BACK
  });
  const previous = previousOf(summary, runs);
  if (!previous) {
    return null;
  }
  return differenceOf(
    run,
    summary,
    previous,
    await codeOf(client, summary, previous.run_id, options)
  );
}

async function codeOf(
  client: IRunsClient,
  run: IRunSummary,
  previous: string,
  options: ILookBack
): Promise<IAgainst['code']> {
  const record = async (id: string) => {
    const { runs } = await client.compare([id]);
    const holder = runs[0]?.tags[PROVENANCE_TAG];
    return holder ? fetchProvenance(client, holder) : null;
  };
  const before = await record(previous);
  if (!before) {
    return null;
  }
  for (const wait of options.justEnded ? WAITS : [0]) {
    await new Promise(resolve => setTimeout(resolve, wait));
    if (!options.isWanted()) {
      return null;
    }
    const after = await record(run.run_id);
    if (after && after.cells.length > 0) {
      const below = options.below(run.cell_id ?? '');
      return changedLines(
        compareCells(
          leading(before.cells, after.cells, below),
          leading(after.cells, before.cells, below)
        )
      );
    }
  }
  return null;
}

/**
 * Executed cells that may have led to a run: not those `below` its cell that only one of two runs had been preceded by.
 *
 * #### Notes
 * Where all cells are run twice, those below were executed before the second
 * run and not before the first, and nobody has changed a thing.
 */
export function leading(
  cells: readonly IExecutedCell[],
  others: readonly IExecutedCell[],
  below: ReadonlySet<string>
): IExecutedCell[] {
  const known = new Set(others.map(cell => cell.cellId));
  return cells.filter(
    ({ cellId }) => cellId === null || known.has(cellId) || !below.has(cellId)
  );
}
