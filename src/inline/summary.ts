import type { IChartSeries } from '../charts/data';

/** Figures of a metric. */
export interface ISummary {
  readonly last: number | null;
  readonly lastStep: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly nonfinite: number;
}

/** Figures of the points that a series holds. */
export function summarize(series: IChartSeries): ISummary {
  const { values, steps } = series;
  let min = Infinity;
  let max = -Infinity;
  let nonfinite = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) {
      nonfinite++;
      continue;
    }
    min = value < min ? value : min;
    max = value > max ? value : max;
  }
  const n = values.length - 1;
  return {
    last: n >= 0 ? values[n] : null,
    lastStep: n >= 0 ? steps[n] : null,
    min: min <= max ? min : null,
    max: min <= max ? max : null,
    nonfinite
  };
}

/** Whether more is better, by the usual names of metrics. */
export function moreIsBetter(key: string): boolean {
  return /(^|[^a-z])(acc|accuracy|auc|roc_auc|f1|precision|recall|score|r2|map|bleu|rouge|reward|return|iou|dice|ndcg|hits|mrr|throughput)([^a-z]|$)/i.test(
    key.replace(/([a-z])([A-Z])/g, '$1_$2').replace(/_/g, ' ')
  );
}

/**
 * Params whose values differ among the runs that have them, in the order they
 * were seen; after them those that only some runs have.
 */
export function differing(
  runs: readonly { params: ReadonlyMap<string, string> }[]
): string[] {
  const keys = [...new Set(runs.flatMap(run => [...run.params.keys()]))];
  const values = (key: string) =>
    runs.flatMap(run => run.params.get(key) ?? []);
  const varied = keys.filter(key => new Set(values(key)).size > 1);
  const partial = keys.filter(
    key => !varied.includes(key) && values(key).length < runs.length
  );
  return [...varied, ...partial];
}
