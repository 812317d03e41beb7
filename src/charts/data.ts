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
}

/** What the reader has chosen. */
export interface IChartOptions {
  readonly layout: 'multiples' | 'single';
  readonly x: 'step' | 'relative' | 'wall';
  readonly log: boolean;
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
