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
  const columns = new Map<string, { column: IColumn; weight: number }>();
  const add = (kind: IColumn['kind'], keys: object, weight: number) => {
    for (const key of Object.keys(keys)) {
      const column: IColumn = { kind, key };
      const known = columns.get(columnId(column));
      if (known) {
        known.weight += weight;
      } else {
        columns.set(columnId(column), { column, weight });
      }
    }
  };
  for (const run of runs) {
    // A sweep has hundreds of children: they must not push out what single runs log.
    const weight = run.parent === null ? 1 : 0.01;
    add('metric', run.metrics, weight);
    add('param', run.params, weight);
  }
  return [...columns.values()]
    .sort(
      (a, b) =>
        a.column.kind.localeCompare(b.column.kind) ||
        b.weight - a.weight ||
        a.column.key.localeCompare(b.column.key)
    )
    .map(({ column }) => column);
}

const TELLING = /loss|acc|score|auc|f1|rmse|mae|mse|error|r2/i;
const SIDE = /^system\/|time|^std_|^rank_/i;

/** What to show before the user chose: metrics only, those with telling names first. */
export function defaultColumns(available: readonly IColumn[]): IColumn[] {
  const rank = ({ key }: IColumn) =>
    SIDE.test(key) ? 2 : TELLING.test(key) ? 0 : 1;
  return available
    .filter(column => column.kind === 'metric')
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, 24);
}

/** Of the columns to show in a row of chips: those the run has, at most `most`. */
export function chipsOf(
  run: IRunSummary,
  columns: readonly IColumn[],
  most: number
): IColumn[] {
  const chips: IColumn[] = [];
  for (const column of columns) {
    const values = column.kind === 'metric' ? run.metrics : run.params;
    if (chips.length < most && values[column.key] !== undefined) {
      chips.push(column);
    }
  }
  return chips;
}

/** Columns that are shown before the user chose. */
export const AUTOMATIC_COLUMNS = 3;
