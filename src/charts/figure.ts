import {
  airy,
  extentOf,
  type IDomain,
  originOf,
  tickFormat,
  timeUnit,
  wide,
  xsOf
} from './axes';
import type { IChartOptions, IChartRun, IChartSeries } from './data';
import { colorOf, dashOf } from './palette';
import type { ILine, IPlot } from './plots';
import { pickPeaks } from './reduce';
import { smooth } from './smooth';

/** Most points of one line that are drawn. */
export const MAX_DRAWN = 1000;

/** Most points of one plot that are drawn while it lives. */
const MAX_LIVE = 1500;

/** A value that has no place on the axes. */
export type OddKind = 'nan' | 'high' | 'low' | 'nonpositive';

/** A point of a figure, as Vega-Lite reads it. */
export interface IRow {
  readonly x: number;
  /** Absent for values that have no place on the axes. */
  readonly y?: number;
  /** Line that the point is of. */
  readonly g: number;
  /** Colour. */
  readonly c: string;
  /** Index of the dash pattern. */
  readonly d: number;
  readonly k?: OddKind;
}

/** A point of a band. */
export interface IBandRow extends IRow {
  readonly y2: number;
}

/** A line as the pointer reads it. */
export interface ITrace {
  readonly line: ILine;
  readonly color: string;
  readonly dash: number;
  readonly xs: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  readonly low?: ArrayLike<number>;
  readonly high?: ArrayLike<number>;
  /** The moving average, when one is drawn. */
  readonly smoothed: ArrayLike<number> | null;
}

/** A plot turned into numbers: all that a specification and a pointer need. */
export interface IFigure {
  readonly lines: readonly IRow[];
  /** The lines behind a moving average. */
  readonly raw: readonly IRow[];
  /** Metrics of a single point. */
  readonly dots: readonly IRow[];
  readonly odd: readonly IRow[];
  readonly band: readonly IBandRow[];
  readonly x: IDomain;
  readonly y: IDomain;
  /** Format of the ticks on y. */
  readonly yFormat: string;
  /** Unit of relative times. */
  readonly xSuffix: string;
  /** The y axis is logarithmic. */
  readonly log: boolean;
  /** The x axis is logarithmic. */
  readonly xLog: boolean;
  /** Ms of one unit of x where x is a relative time, else 1. */
  readonly xUnit: number;
  readonly traces: readonly ITrace[];
  /** Points there are and points that are drawn. */
  readonly count: number;
  readonly drawn: number;
  /** Kinds of odd values and how many there are. */
  readonly oddCounts: ReadonlyMap<OddKind, number>;
}

/** What a figure is made from. */
export interface IFigureOptions {
  readonly runs: readonly IChartRun[];
  readonly options: IChartOptions;
  readonly dark: boolean;
  /** Less points, so that a frame stays short. */
  readonly live: boolean;
  /** Width of the plot, px: while it lives, more points than that are not worth their time. */
  readonly width?: number;
  /** Part of x that is shown: steps, ms since the start, ms since epoch, or values of the metric on x. */
  readonly zoom?: IDomain | null;
}

/** Turn a plot into numbers. */
export function figureOf(plot: IPlot, from: IFigureOptions): IFigure {
  const { options, dark } = from;
  const runs = new Map(from.runs.map(run => [run.run, run]));
  const sources = plot.lines.flatMap(line => {
    const run = runs.get(line.run);
    const series = run?.series.get(line.key);
    return run && series ? [{ line, run, series }] : [];
  });

  // Log needs something above zero; without it the axis stays linear.
  const log =
    options.log &&
    sources.some(({ series }) => extentOf(series.values, true) !== null);
  const { zoom } = from;
  const xLog =
    options.xLog === true &&
    options.x !== 'wall' &&
    sources.some(
      ({ run, series }) =>
        extentOf(xsOf(series, options.x, originOf(run)), true) !== null
    );
  let x: IDomain | null = null;
  let y: IDomain | null = null;
  const traces: ITrace[] = [];
  let count = 0;
  for (const { line, run, series } of sources) {
    const all = xsOf(series, options.x, originOf(run));
    const part = partOf(all, zoom ?? null, xLog);
    const xs = slice(all, part);
    const values = slice(series.values, part);
    // Of a series that is all here, what lies in the part is all there is.
    count +=
      zoom && series.count <= series.values.length
        ? values.length
        : countOf(series);
    x = extentOf(xs, xLog, x);
    y = extentOf(values, log, y);
    const low = series.low && slice(series.low, part);
    const high = series.high && slice(series.high, part);
    y = low && high ? extentOf(low, log, extentOf(high, log, y)) : y;
    traces.push({
      line,
      color: colorOf(line.color, dark),
      dash: Math.max(line.dash, dashOf(line.color)) % 4,
      xs,
      values,
      low,
      high,
      smoothed:
        options.smoothing > 0
          ? slice(smooth(series.values, options.smoothing), part)
          : null
    });
  }
  const unit = options.x === 'relative' ? timeUnit(x?.max ?? 0) : null;
  const scaled = unit ? traces.map(trace => inUnit(trace, unit.ms)) : traces;
  x = zoom ?? x;
  const domain = wide(
    x && unit ? { min: x.min / unit.ms, max: x.max / unit.ms } : x,
    xLog
  );
  const yDomain = airy(y, log);
  const most = from.live
    ? Math.max(
        60,
        Math.min(
          MAX_DRAWN,
          from.width ?? MAX_DRAWN,
          Math.floor(MAX_LIVE / scaled.length)
        )
      )
    : MAX_DRAWN;
  const rows = new Rows(log, domain);
  scaled.forEach((trace, g) => rows.add(trace, g, most));
  const band = scaled.flatMap((trace, g) => bandOf(trace, g, log));
  return {
    lines: rows.lines,
    raw: rows.raw,
    dots: rows.dots,
    odd: rows.odd,
    band,
    x: domain,
    y: yDomain,
    yFormat: tickFormat(yDomain),
    xSuffix: unit?.suffix ?? '',
    log,
    xLog,
    xUnit: unit?.ms ?? 1,
    traces: scaled,
    count,
    drawn: rows.drawn,
    oddCounts: rows.oddCounts
  };
}

function countOf(series: IChartSeries): number {
  return Math.max(series.count, series.values.length);
}

/** First and last index, exclusive, of what is drawn: the points in a part of x and one more at each side. */
export function partOf(
  xs: ArrayLike<number>,
  zoom: IDomain | null,
  positive = false
): readonly [number, number] {
  let first = 0;
  let last = xs.length;
  if (positive) {
    while (first < last && !(xs[first] > 0)) {
      first++;
    }
  }
  if (zoom) {
    while (first < last - 1 && xs[first + 1] < zoom.min) {
      first++;
    }
    while (last > first + 1 && xs[last - 2] > zoom.max) {
      last--;
    }
  }
  return [first, last];
}

function slice(
  values: ArrayLike<number>,
  [first, last]: readonly [number, number]
): ArrayLike<number> {
  if (first === 0 && last === values.length) {
    return values;
  }
  return values instanceof Float64Array
    ? values.subarray(first, last)
    : Array.from(values).slice(first, last);
}

function bandOf(trace: ITrace, g: number, log: boolean): IBandRow[] {
  const { xs, low, high, color } = trace;
  if (!low || !high) {
    return [];
  }
  const rows: IBandRow[] = [];
  for (let i = 0; i < xs.length; i++) {
    if (Number.isFinite(low[i]) && Number.isFinite(high[i])) {
      const y = log && low[i] <= 0 ? Number.MIN_VALUE : low[i];
      rows.push({ x: xs[i], y, y2: high[i], g, c: color, d: 0 });
    }
  }
  return rows;
}

function inUnit(trace: ITrace, ms: number): ITrace {
  return { ...trace, xs: Float64Array.from(trace.xs, x => x / ms) };
}

/** Collects the rows of a figure. */
class Rows {
  constructor(log: boolean, x: IDomain) {
    this._log = log;
    // Odd values lie at the edge side by side; more than a hundred can't be told apart.
    this._oddWidth = (x.max - x.min) / 100;
  }

  readonly lines: IRow[] = [];
  readonly raw: IRow[] = [];
  readonly dots: IRow[] = [];
  readonly odd: IRow[] = [];
  readonly oddCounts = new Map<OddKind, number>();
  drawn = 0;

  add(trace: ITrace, g: number, most: number): void {
    const { values, smoothed } = trace;
    const finite = this._split(trace, g);
    if (finite.length === 1) {
      this.drawn++;
      this.dots.push(this._row(trace, g, finite[0], values));
      return;
    }
    const draw = (
      ys: ArrayLike<number>,
      budget: number,
      into: IRow[]
    ): number => {
      const all = finite.length === ys.length;
      const kept = all ? ys : Float64Array.from(finite, i => ys[i]);
      const xs = all ? trace.xs : Float64Array.from(finite, i => trace.xs[i]);
      const picked = pickPeaks(kept, budget, xs);
      for (const i of picked) {
        into.push(this._row(trace, g, all ? i : finite[i], ys));
      }
      return picked.length;
    };
    if (smoothed) {
      draw(smoothed, Math.max(60, most >> 1), this.lines);
      this.drawn += draw(values, Math.max(60, most >> 1), this.raw);
    } else {
      this.drawn += draw(values, most, this.lines);
    }
  }

  private _row(
    trace: ITrace,
    g: number,
    i: number,
    ys: ArrayLike<number>
  ): IRow {
    return { x: trace.xs[i], y: ys[i], g, c: trace.color, d: trace.dash };
  }

  /** Indices of what can be drawn; the rest becomes odd marks. */
  private _split(trace: ITrace, g: number): number[] {
    const finite: number[] = [];
    const { values, xs } = trace;
    const last = new Map<OddKind, number>();
    for (let i = 0; i < values.length; i++) {
      const kind = oddKind(values[i], this._log);
      if (kind === null) {
        finite.push(i);
        continue;
      }
      this.oddCounts.set(kind, (this.oddCounts.get(kind) ?? 0) + 1);
      const before = last.get(kind);
      if (before === undefined || Math.abs(xs[i] - before) >= this._oddWidth) {
        last.set(kind, xs[i]);
        this.odd.push({ x: xs[i], g, c: trace.color, d: 0, k: kind });
      }
    }
    return finite;
  }

  private _log: boolean;
  private _oddWidth: number;
}

function oddKind(value: number, log: boolean): OddKind | null {
  if (Number.isFinite(value)) {
    return log && value <= 0 ? 'nonpositive' : null;
  }
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'high' : 'low';
}
