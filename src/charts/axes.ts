import type { IChartOptions, IChartRun, IChartSeries } from './data';

/** Range and number format of an axis. */
export interface IDomain {
  readonly min: number;
  readonly max: number;
}

/** Unit that relative times are counted in. */
export interface ITimeUnit {
  readonly ms: number;
  readonly suffix: string;
}

/** Twice of it is still finite: an axis has to subtract its ends. */
const HUGE = Number.MAX_VALUE / 2.1;

const UNITS: readonly ITimeUnit[] = [
  { ms: 86400000, suffix: 'd' },
  { ms: 3600000, suffix: 'h' },
  { ms: 60000, suffix: 'm' },
  { ms: 1000, suffix: 's' },
  { ms: 1, suffix: 'ms' }
];

/** Unit for relative times up to `ms`. */
export function timeUnit(ms: number): ITimeUnit {
  return UNITS.find(unit => ms >= 2 * unit.ms) ?? UNITS[UNITS.length - 1];
}

/** Time from which relative times of a run count, ms since epoch. */
export function originOf(run: IChartRun): number {
  let origin = run.startTime ?? Infinity;
  for (const series of run.series.values()) {
    for (let i = 0; i < series.timestamps.length; i++) {
      origin = Math.min(origin, series.timestamps[i]);
      if (run.startTime !== null) {
        break;
      }
    }
  }
  return Number.isFinite(origin) ? origin : 0;
}

/** Where the points of a series lie on the x axis: steps, ms since the run's start, or ms since epoch. */
export function xsOf(
  series: IChartSeries,
  x: IChartOptions['x'],
  origin: number
): ArrayLike<number> {
  if (x === 'metric') {
    return series.xs ?? series.steps;
  }
  if (x === 'step') {
    return series.steps;
  }
  if (x === 'wall') {
    return series.timestamps;
  }
  return Float64Array.from(series.timestamps, time => time - origin);
}

/** Least range that holds all finite values; null where there are none. */
export function extentOf(
  values: ArrayLike<number>,
  positive = false,
  start: IDomain | null = null
): IDomain | null {
  let min = start?.min ?? Infinity;
  let max = start?.max ?? -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Number.isFinite(value) && (!positive || value > 0)) {
      min = value < min ? value : min;
      max = value > max ? value : max;
    }
  }
  return min <= max ? { min, max } : null;
}

/** A y range with some air, wider than nothing. */
export function airy(extent: IDomain | null, log: boolean): IDomain {
  if (!extent) {
    return log ? { min: 0.1, max: 1 } : { min: 0, max: 1 };
  }
  const { min, max } = extent;
  if (log) {
    const factor = max > min ? Math.pow(max / min, 0.06) : 2;
    return {
      min: Math.max(min / factor, Number.MIN_VALUE),
      max: Math.min(max * factor, Number.MAX_VALUE)
    };
  }
  // Halves first: max - min of huge values is infinite.
  const half = max / 2 - min / 2;
  const air = half > 0 ? half * 0.12 : Math.abs(max) * 0.1 || 1;
  const low = Math.max(min - air, -HUGE);
  return {
    // A curve that only touches zero keeps zero as its floor.
    min: min >= 0 && low < 0 ? 0 : low,
    max: Math.min(max + air, HUGE)
  };
}

/** An x range that is wider than nothing. */
export function wide(extent: IDomain | null, log = false): IDomain {
  if (extent && log && extent.max <= extent.min) {
    return { min: extent.min / 2, max: extent.max * 2 };
  }
  if (!extent) {
    return { min: 0, max: 1 };
  }
  return extent.max > extent.min
    ? extent
    : { min: extent.min - 0.5, max: extent.max + 0.5 };
}

/** Significant digits that tell the ticks of a range apart, as a d3 format. */
export function tickFormat({ min, max }: IDomain): string {
  const size = Math.max(Math.abs(min), Math.abs(max));
  const digits = Math.ceil(Math.log10(size / (max - min) || 1)) + 2;
  // 75k, not 7.5e+4; beyond the millions an exponent is clearer than a letter.
  const letter = size >= 1e4 && size < 1e9 ? 's' : 'g';
  return `.${Math.min(Math.max(digits, 3), 9)}~${letter}`;
}
