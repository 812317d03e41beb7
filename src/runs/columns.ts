import type { IRunSummary } from '../client/tokens';

/** One metric or param that the list shows. */
export interface IColumn {
  readonly kind: 'metric' | 'param';
  readonly key: string;
}

/** Text that names a column in what is remembered. */
export function columnId(column: IColumn): string {
  return `${column.kind}:${column.key}`;
}

/** The column of such a text, or null where it is none. */
export function parseColumn(id: unknown): IColumn | null {
  const match =
    typeof id === 'string' ? /^(metric|param):(.+)$/s.exec(id) : null;
  return match ? { kind: match[1] as IColumn['kind'], key: match[2] } : null;
}

/** Columns that these runs have, the most frequent first, metrics before params. */
export function availableColumns(runs: Iterable<IRunSummary>): IColumn[] {
  const count = new Map<string, number>();
  const add = (kind: IColumn['kind'], keys: object) => {
    for (const key of Object.keys(keys)) {
      const id = columnId({ kind, key });
      count.set(id, (count.get(id) ?? 0) + 1);
    }
  };
  for (const run of runs) {
    add('metric', run.metrics);
    add('param', run.params);
  }
  return [...count]
    .flatMap(([id, n]) => {
      const column = parseColumn(id);
      return column ? [{ column, n }] : [];
    })
    .sort(
      (a, b) =>
        a.column.kind.localeCompare(b.column.kind) ||
        b.n - a.n ||
        a.column.key.localeCompare(b.column.key)
    )
    .map(({ column }) => column);
}

const TELLING = /loss|acc|score|auc|f1|rmse|mae|mse|error|r2/i;

/** What to show before the user chose: up to three metrics, those with telling names first. */
export function defaultColumns(available: readonly IColumn[]): IColumn[] {
  const metrics = available.filter(column => column.kind === 'metric');
  const system = (column: IColumn) => column.key.startsWith('system/');
  return [
    ...metrics.filter(column => TELLING.test(column.key) && !system(column)),
    ...metrics.filter(column => !TELLING.test(column.key) && !system(column))
  ].slice(0, 3);
}
