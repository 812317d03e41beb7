import { type IDomain, originOf, xsOf } from './axes';
import type { IChartOptions, IChartRun, IChartSeries } from './data';

/** Part of a series, ends inclusive: steps, or times (ms since epoch) where its steps tell nothing. */
export interface ISeriesWindow {
  readonly firstStep?: number;
  readonly lastStep?: number;
  readonly firstTime?: number;
  readonly lastTime?: number;
}

/** Fetches the points of a series in a window, as many as are worth drawing; null where they cannot be had. */
export type FetchFiner = (
  run: string,
  key: string,
  window: ISeriesWindow
) => Promise<IChartSeries | null>;

/** What has to be fetched to show a part of x: null where all points of it are there. */
export function windowOf(
  run: IChartRun,
  series: IChartSeries,
  x: IChartOptions['x'],
  zoom: IDomain
): ISeriesWindow | null {
  const { steps, timestamps, values } = series;
  const n = values.length;
  if (series.count <= n || n === 0) {
    return null;
  }
  const xs = xsOf(series, x, originOf(run));
  let first = -1;
  let last = -1;
  for (let i = 0; i < n; i++) {
    // A neighbour at each side: between two points that are there lie those that are not.
    const after = i + 1 < n ? xs[i + 1] : Infinity;
    const before = i > 0 ? xs[i - 1] : -Infinity;
    if (after >= zoom.min && before <= zoom.max) {
      first = first < 0 ? i : first;
      last = i;
    }
  }
  if (first < 0) {
    return null;
  }
  if (steps[n - 1] > steps[0]) {
    return { firstStep: steps[first], lastStep: steps[last] };
  }
  return { firstTime: timestamps[first], lastTime: timestamps[last] };
}

/** A run with finer series in the place of its own. */
export function withFiner(
  run: IChartRun,
  finer: ReadonlyMap<string, IChartSeries>
): IChartRun {
  const series = new Map(run.series);
  let changed = false;
  for (const key of series.keys()) {
    const found = finer.get(`${run.run} ${key}`);
    if (found) {
      series.set(key, found);
      changed = true;
    }
  }
  return changed
    ? {
        run: run.run,
        name: run.name,
        startTime: run.startTime,
        order: run.order,
        series
      }
    : run;
}
