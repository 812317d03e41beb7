import type { IRunBrief, JSONNumber } from '../client/tokens';

/** Kinds of what runs are compared by. */
export type ColumnKind = 'run' | 'param' | 'metric' | 'tag';

/** What runs are compared by: a param, the last value of a metric, a tag, or a fact of the run. */
export interface ICompareColumn {
  /** Kind and key, as a state keeps it. */
  readonly id: string;
  readonly kind: ColumnKind;
  readonly key: string;
  /** Every value is a number. */
  readonly numeric: boolean;
  /** Runs have different values of it. */
  readonly differs: boolean;
}

/** Facts of a run that can be an axis. */
const FACTS: Record<string, (run: IRunBrief) => string | number | null> = {
  name: ({ run }) => run.name,
  duration: ({ run }) =>
    run.end_time === null ? null : (run.end_time - run.start_time) / 1000,
  started: ({ run }) => run.start_time
};

/** The number that a value of a metric stands for. */
export function toNumber(value: JSONNumber | undefined): number {
  return value === undefined ? NaN : Number(value);
}

/** Value of a run in a column; null where it has none. */
export function valueOf(run: IRunBrief, id: string): string | number | null {
  const [kind, key] = split(id);
  switch (kind) {
    case 'param':
      return run.run.params[key] ?? null;
    case 'metric':
      return key in run.run.metrics
        ? toNumber(run.run.metrics[key].value)
        : null;
    case 'tag':
      return run.tags[key] ?? null;
    case 'run':
      return FACTS[key]?.(run) ?? null;
  }
}

/** Value of a run in a column as a number, NaN where it is none. */
export function numberOf(run: IRunBrief, id: string): number {
  const value = valueOf(run, id);
  return typeof value === 'string'
    ? value.trim() === ''
      ? NaN
      : Number(value)
    : (value ?? NaN);
}

/** Columns of runs: params, then metrics, then facts, then own tags; those that differ first within their kind. */
export function columnsOf(runs: readonly IRunBrief[]): ICompareColumn[] {
  const keys = (of: (run: IRunBrief) => object): string[] => [
    ...new Set(runs.flatMap(run => Object.keys(of(run))))
  ];
  const all: [ColumnKind, string[]][] = [
    ['param', keys(run => run.run.params)],
    ['metric', keys(run => run.run.metrics)],
    ['run', Object.keys(FACTS)],
    ['tag', keys(run => run.tags).filter(key => !isSystemTag(key))]
  ];
  return all.flatMap(([kind, of]) =>
    of
      .map(key => columnOf(runs, kind, key))
      .sort((a, b) => Number(b.differs) - Number(a.differs))
  );
}

/** Tags that MLflow and Cellruns set themselves. */
export function isSystemTag(key: string): boolean {
  return /^(mlflow|cellruns)\./.test(key);
}

/** Columns that a plot of numbers may start with: the params that differ and the metrics. */
export function defaultAxes(columns: readonly ICompareColumn[]): string[] {
  const params = columns.filter(c => c.kind === 'param' && c.differs);
  const metrics = columns.filter(
    c => c.kind === 'metric' && c.differs && !c.key.startsWith('system/')
  );
  return [...params.slice(0, 6), ...metrics.slice(0, 2)].map(c => c.id);
}

function columnOf(
  runs: readonly IRunBrief[],
  kind: ColumnKind,
  key: string
): ICompareColumn {
  const id = `${kind}:${key}`;
  const values = runs.map(run => valueOf(run, id));
  const known = runs.filter((_, i) => values[i] !== null);
  return {
    id,
    kind,
    key,
    numeric:
      known.length > 0 && known.every(run => !Number.isNaN(numberOf(run, id))),
    differs: new Set(values).size > 1
  };
}

function split(id: string): [ColumnKind, string] {
  const at = id.indexOf(':');
  return [id.slice(0, at) as ColumnKind, id.slice(at + 1)];
}
