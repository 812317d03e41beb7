import type { IChartRun, IChartSeries } from '../charts/data';
import { percentOf } from './table';

/** Most points of a mean curve. */
const MEAN_POINTS = 400;

/** Value of a series at a step, between its points on a straight line; NaN outside of it. */
export function valueAt(
  steps: ArrayLike<number>,
  values: ArrayLike<number>,
  step: number
): number {
  let low = 0;
  let high = steps.length - 1;
  if (high < 0 || step < steps[0] || step > steps[high]) {
    return NaN;
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (steps[middle] <= step) {
      low = middle;
    } else {
      high = middle;
    }
  }
  if (steps[high] === step) {
    return values[high];
  }
  if (steps[low] === step || steps[high] === steps[low]) {
    return values[low];
  }
  const part = (step - steps[low]) / (steps[high] - steps[low]);
  return values[low] + part * (values[high] - values[low]);
}

/** Curves over another metric: each point goes to where that metric was at its step. */
export function overMetric(run: IChartRun, metric: string): IChartRun {
  const across = run.series.get(metric);
  const series = new Map<string, IChartSeries>();
  for (const [key, one] of run.series) {
    if (key === metric || !across) {
      continue;
    }
    const order = Array.from(one.values, (_, i) => ({
      i,
      x: valueAt(across.steps, across.values, one.steps[i])
    }))
      .filter(({ x }) => Number.isFinite(x))
      .sort((a, b) => a.x - b.x);
    const pick = (from: ArrayLike<number>): Float64Array =>
      Float64Array.from(order, ({ i }) => from[i]);
    series.set(key, {
      key,
      count: one.count,
      steps: pick(one.steps),
      timestamps: pick(one.timestamps),
      values: pick(one.values),
      xs: Float64Array.from(order, ({ x }) => x),
      version: `${one.version}/${metric}/${across.version}`
    });
  }
  return { ...plain(run), series };
}

/** Curves as their difference to the baseline run in percent, at equal steps. */
export function relativeTo(run: IChartRun, baseline: IChartRun): IChartRun {
  const series = new Map<string, IChartSeries>();
  for (const [key, one] of run.series) {
    const base = baseline.series.get(key);
    if (!base) {
      continue;
    }
    series.set(key, {
      ...one,
      values: Float64Array.from(
        one.values,
        (value, i) =>
          percentOf(value, valueAt(base.steps, base.values, one.steps[i])) ??
          NaN
      ),
      version: `${one.version}%${base.version}`
    });
  }
  return { ...plain(run), series };
}

/** Runs of a group as one: the mean of their curves, with a band of one standard deviation. */
export function meanOf(
  id: string,
  name: string,
  order: number,
  runs: readonly IChartRun[]
): IChartRun {
  const keys = new Set(runs.flatMap(run => [...run.series.keys()]));
  const series = new Map<string, IChartSeries>();
  for (const key of keys) {
    const all = runs.flatMap(run => run.series.get(key) ?? []);
    series.set(key, meanSeries(key, all));
  }
  const starts = runs.flatMap(run => run.startTime ?? []);
  return {
    run: id,
    name,
    startTime: starts.length > 0 ? Math.min(...starts) : null,
    order,
    series
  };
}

function meanSeries(key: string, all: readonly IChartSeries[]): IChartSeries {
  const steps = gridOf(all);
  const n = steps.length;
  const values = new Float64Array(n);
  const low = new Float64Array(n);
  const high = new Float64Array(n);
  const timestamps = new Float64Array(n);
  steps.forEach((step, i) => {
    const here = all
      .map(one => valueAt(one.steps, one.values, step))
      .filter(Number.isFinite);
    const times = all
      .map(one => valueAt(one.steps, one.timestamps, step))
      .filter(Number.isFinite);
    const mean = here.reduce((sum, value) => sum + value, 0) / here.length;
    const square = here.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const deviation =
      here.length > 1 ? Math.sqrt(square / (here.length - 1)) : 0;
    values[i] = mean;
    low[i] = mean - deviation;
    high[i] = mean + deviation;
    timestamps[i] = times.length > 0 ? Math.min(...times) : NaN;
  });
  return {
    key,
    count: n,
    steps: Float64Array.from(steps),
    timestamps,
    values,
    low,
    high,
    version: `mean ${all.map(one => one.version).join(' ')}`
  };
}

/** Steps that runs have, thinned out evenly. */
function gridOf(all: readonly IChartSeries[]): number[] {
  const steps = [...new Set(all.flatMap(one => Array.from(one.steps)))].sort(
    (a, b) => a - b
  );
  if (steps.length <= MEAN_POINTS) {
    return steps;
  }
  return Array.from(
    { length: MEAN_POINTS },
    (_, i) => steps[Math.round((i * (steps.length - 1)) / (MEAN_POINTS - 1))]
  );
}

/** A run without its series: some runs have getters, which a spread leaves behind. */
function plain(run: IChartRun): Omit<IChartRun, 'series'> {
  const { run: id, name, startTime, order } = run;
  return { run: id, name, startTime, order };
}
