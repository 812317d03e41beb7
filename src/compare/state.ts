import { DEFAULT_OPTIONS, type IChartOptions } from '../charts/data';

/** Ways to look at runs side by side. */
export const VIEWS = [
  'table',
  'curves',
  'scatter',
  'parallel',
  'box',
  'contour',
  'importance',
  'code',
  'artifacts'
] as const;

/** One way to look at runs side by side. */
export type CompareView = (typeof VIEWS)[number];

/** All that a comparison is: what a file of one holds, and what the layout restores. */
export interface ICompareState {
  readonly version: 1;
  /** Ids of the runs, in the order of their colours. */
  readonly runs: readonly string[];
  /** Id of the store that the runs are in, or null: the server knows. */
  readonly store: string | null;
  readonly view: CompareView;
  /** Run that the others are measured by; null is none. */
  readonly baseline: string | null;
  /** Runs that no chart shows. */
  readonly hidden: readonly string[];
  readonly onlyDifferences: boolean;
  readonly chart: IChartOptions;
  /** Metrics that the curves show; null is the first few. */
  readonly metrics: readonly string[] | null;
  /** Column that curves are grouped by, or null. */
  readonly group: string | null;
  /** Curves show the difference to the baseline in percent. */
  readonly relative: boolean;
  /** Columns on the axes: of scatter, box and contour plot, and of parallel coordinates; null is what fits. */
  readonly x: string | null;
  readonly y: string | null;
  readonly color: string | null;
  readonly axes: readonly string[] | null;
}

/** A comparison of runs where nothing was chosen yet. */
export function newState(runs: readonly string[]): ICompareState {
  return {
    version: 1,
    runs: [...new Set(runs)],
    store: null,
    view: 'table',
    baseline: null,
    hidden: [],
    onlyDifferences: true,
    chart: DEFAULT_OPTIONS,
    metrics: null,
    group: null,
    relative: false,
    x: null,
    y: null,
    color: null,
    axes: null
  };
}

/**
 * Read a comparison out of JSON that anybody may have edited.
 *
 * #### Notes
 * Throws an error that says what is wrong with its head; a choice that is
 * strange is as if it were not there.
 */
export function readState(json: unknown): ICompareState {
  const top = record(json);
  if (!top) {
    throw new Error('it is no JSON object');
  }
  if (top.version !== 1) {
    throw new Error(`its version is ${String(top.version)}, not 1`);
  }
  const runs = texts(top.runs);
  if (!runs) {
    throw new Error('its "runs" are no list of run ids');
  }
  const chart = record(top.chart) ?? {};
  const start = newState(runs);
  return {
    ...start,
    store: text(top.store),
    view: VIEWS.find(view => view === top.view) ?? start.view,
    baseline: text(top.baseline),
    hidden: texts(top.hidden) ?? [],
    onlyDifferences: top.onlyDifferences !== false,
    chart: {
      layout: chart.layout === 'single' ? 'single' : 'multiples',
      x:
        (['step', 'relative', 'wall', 'metric'] as const).find(
          x => x === chart.x
        ) ?? 'step',
      ...(text(chart.xMetric) ? { xMetric: text(chart.xMetric) ?? '' } : {}),
      log: chart.log === true,
      ...(chart.xLog === true ? { xLog: true } : {}),
      smoothing:
        typeof chart.smoothing === 'number' &&
        chart.smoothing >= 0 &&
        chart.smoothing < 1
          ? chart.smoothing
          : 0
    },
    metrics: texts(top.metrics),
    group: text(top.group),
    relative: top.relative === true,
    x: text(top.x),
    y: text(top.y),
    color: text(top.color),
    axes: texts(top.axes)
  };
}

function record(json: unknown): Record<string, unknown> | null {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as Record<string, unknown>)
    : null;
}

function text(json: unknown): string | null {
  return typeof json === 'string' && json ? json : null;
}

function texts(json: unknown): string[] | null {
  return Array.isArray(json) && json.every(one => typeof one === 'string')
    ? [...new Set(json)]
    : null;
}
