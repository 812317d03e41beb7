import type { IChartSeries } from '../charts/data';
import type { ILiveSeries } from '../live/tokens';

/** Points from the store or the notebook, and how many live points there were when they came. */
export interface IHistory {
  readonly series: IChartSeries;
  readonly liveCount: number;
}

type IPoints = Pick<IChartSeries, 'steps' | 'timestamps' | 'values'>;

/**
 * Join older points with live ones, ordered by (step, timestamp).
 *
 * #### Notes
 * A point that both have, by step and timestamp, is there once.
 */
export function mergeSeries(
  history: IHistory | undefined,
  live: ILiveSeries | undefined
): IChartSeries | null {
  if (!live || live.count === 0) {
    return history?.series ?? null;
  }
  if (!history) {
    return {
      key: live.key,
      count: live.count,
      steps: live.steps,
      timestamps: live.timestamps,
      values: live.values,
      version: `live-${live.version}`
    };
  }
  const { steps, timestamps, values } = history.series;
  const n = values.length + live.values.length;
  const merged = {
    steps: new Float64Array(n),
    timestamps: new Float64Array(n),
    values: new Float64Array(n)
  };
  let length = 0;
  let h = 0;
  let l = 0;
  const push = (from: IPoints, i: number): void => {
    merged.steps[length] = from.steps[i];
    merged.timestamps[length] = from.timestamps[i];
    merged.values[length++] = from.values[i];
  };
  // Views are asked for once: each access may sort.
  const newer = {
    steps: live.steps,
    timestamps: live.timestamps,
    values: live.values
  };
  while (h < values.length || l < newer.values.length) {
    const order =
      h >= values.length
        ? 1
        : l >= newer.values.length
          ? -1
          : steps[h] - newer.steps[l] || timestamps[h] - newer.timestamps[l];
    if (order > 0) {
      push(newer, l++);
      continue;
    }
    if (order < 0) {
      push(history.series, h);
    }
    h++;
  }
  return {
    key: live.key,
    count: Math.max(
      live.count,
      history.series.count + Math.max(0, live.count - history.liveCount)
    ),
    steps: merged.steps.subarray(0, length),
    timestamps: merged.timestamps.subarray(0, length),
    values: merged.values.subarray(0, length),
    version: `${history.series.version}-${history.liveCount}-${live.version}`
  };
}
