import type { ISeries } from '../client/tokens';

/** A point of a chart, in px from the upper left. */
export interface ISparkPoint {
  x: number;
  y: number;
  step: number;
  value: number;
}

/** What a small chart of a series draws. */
export interface ISpark {
  /** Finite points in order. */
  points: ISparkPoint[];
  /** One SVG path; it breaks where a value is not finite. */
  path: string;
  /** Values that have no place on the axis. */
  nonfinite: { x: number; step: number; value: string }[];
  min: number;
  max: number;
  firstStep: number;
  lastStep: number;
}

/** Lay a series out in a box; null where it has no finite point. */
export function layOut(
  series: ISeries,
  width: number,
  height: number,
  pad = 2
): ISpark | null {
  const values = series.values.map(value =>
    typeof value === 'number' ? value : Number(value)
  );
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (Number.isFinite(value)) {
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  if (min === Infinity) {
    return null;
  }
  const steps = series.steps;
  const firstStep = steps[0];
  const lastStep = steps[steps.length - 1];
  const span = lastStep - firstStep;
  const x = (index: number) => {
    const share =
      span > 0
        ? (steps[index] - firstStep) / span
        : index / Math.max(1, steps.length - 1);
    return pad + share * (width - 2 * pad);
  };
  // Halved first: the range of two huge values of opposite sign is infinite.
  const range = max / 2 - min / 2;
  const y = (value: number) => {
    const share = range > 0 ? (value / 2 - min / 2) / range : 0.5;
    return height - pad - share * (height - 2 * pad);
  };

  const points: ISparkPoint[] = [];
  const nonfinite: ISpark['nonfinite'] = [];
  const parts: string[] = [];
  let pen = 'M';
  values.forEach((value, index) => {
    const px = x(index);
    if (Number.isFinite(value)) {
      const py = y(value);
      points.push({ x: px, y: py, step: steps[index], value });
      parts.push(`${pen}${px.toFixed(1)} ${py.toFixed(1)}`);
      pen = 'L';
    } else {
      nonfinite.push({
        x: px,
        step: steps[index],
        value: String(series.values[index])
      });
      pen = 'M';
    }
  });
  return {
    points,
    path: parts.join(''),
    nonfinite,
    min,
    max,
    firstStep,
    lastStep
  };
}

/** The point next to a place on the x axis. */
export function nearest(spark: ISpark, x: number): ISparkPoint | undefined {
  let best: ISparkPoint | undefined;
  for (const point of spark.points) {
    if (!best || Math.abs(point.x - x) < Math.abs(best.x - x)) {
      best = point;
    }
  }
  return best;
}

/** Which end of a metric's range is the better one, by its name; null where it can't be told. */
export function betterEnd(key: string): 'min' | 'max' | null {
  const name = key.toLowerCase();
  if (
    /loss|err|rmse|mae|mse|mape|perplex|deviance|_time|latency|duration/.test(
      name
    )
  ) {
    return 'min';
  }
  return /acc|auc|f1|precision|recall|score|r2|bleu|rouge|iou|reward|map\b/.test(
    name
  )
    ? 'max'
    : null;
}
