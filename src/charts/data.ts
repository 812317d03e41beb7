/** A metric of a run as a chart draws it; the arrays are of equal length and ordered by (step, timestamp). */
export interface IChartSeries {
  readonly key: string;
  /** Points there are; the arrays may hold fewer. */
  readonly count: number;
  readonly steps: ArrayLike<number>;
  /** Ms since epoch. */
  readonly timestamps: ArrayLike<number>;
  /** NaN and the infinities are themselves here. */
  readonly values: ArrayLike<number>;
  /** Where the points lie on x when that is another metric; ascending. */
  readonly xs?: ArrayLike<number>;
  /** Edges of a band around the values. */
  readonly low?: ArrayLike<number>;
  readonly high?: ArrayLike<number>;
  /** Changes when the arrays do. */
  readonly version: string;
}

/** A run as a chart draws it. */
export interface IChartRun {
  readonly run: string;
  readonly name: string;
  /** Ms since epoch, or null: not known. */
  readonly startTime: number | null;
  readonly series: ReadonlyMap<string, IChartSeries>;
  /** Order of its colour, where that is not its place among the runs. */
  readonly order?: number;
}

/** What the reader has chosen. */
export interface IChartOptions {
  readonly layout: 'multiples' | 'single';
  readonly x: 'step' | 'relative' | 'wall' | 'metric';
  /** Metric on the horizontal axis, where x is `metric`. */
  readonly xMetric?: string;
  readonly log: boolean;
  /** The horizontal axis is logarithmic: of steps, relative times and metrics. */
  readonly xLog?: boolean;
  /** Weight of the moving average, 0 (none) to 0.99. */
  readonly smoothing: number;
}

/** How charts look where nobody chose. */
export const DEFAULT_OPTIONS: IChartOptions = {
  layout: 'multiples',
  x: 'step',
  log: false,
  smoothing: 0
};

/** Colours and font of the page. */
export interface IChartTheme {
  readonly dark: boolean;
  readonly text: string;
  readonly faint: string;
  readonly grid: string;
  readonly font: string;
}
