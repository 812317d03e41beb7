import type { IChartSeries } from '../charts/data';
import { decodeNumber, EventsError } from '../protocol/decode';

/** MIME type of the chart output. */
export const CHART_MIME = 'application/vnd.cellruns.chart.v1+json';

/** A run as the chart output holds it. */
export interface IPayloadRun {
  readonly run: string;
  readonly name: string;
  readonly status: string;
  readonly startTime: number | null;
  readonly endTime: number | null;
  readonly params: ReadonlyMap<string, string>;
  readonly paramsTotal: number;
  readonly series: ReadonlyMap<string, IChartSeries>;
  readonly seriesTotal: number;
}

/** The chart output of a cell, see docs/events.md. */
export interface IPayload {
  readonly anchor: string;
  readonly cellId: string | null;
  readonly executionCount: number | null;
  /** Id of the server's store with the runs; null where the output does not say, or names another store. */
  readonly store: string | null;
  /** All runs had ended when it was written. */
  readonly ended: boolean;
  readonly runs: readonly IPayloadRun[];
  readonly runsTotal: number;
}

/**
 * Read a chart output.
 *
 * #### Notes
 * It comes from a file that anybody may have edited. A fault in the head
 * throws an `EventsError`; a run or a metric with a fault is left out.
 */
export function decodePayload(json: unknown): IPayload {
  const top = record(json);
  if (!top) {
    throw new EventsError('', 'no object');
  }
  if (top.version !== 1) {
    throw new EventsError('version', 'not known');
  }
  const cell = record(top.cell) ?? {};
  const runs = list(top.runs).flatMap(decodeRun);
  return {
    anchor: text(top.anchor) ?? '',
    cellId: text(cell.id),
    executionCount: number(cell.execution_count),
    store: /^attached:(.+)$/.exec(text(top.store) ?? '')?.[1] ?? null,
    ended: top.ended === true,
    runs,
    runsTotal: number(top.runs_total) ?? runs.length
  };
}

function decodeRun(json: unknown): IPayloadRun[] {
  const run = record(json);
  const id = text(run?.run);
  if (!run || !id) {
    return [];
  }
  const params = Object.entries(record(run.params) ?? {}).map(
    ([key, value]) => [key, String(value)] as const
  );
  const series = list(run.series).flatMap(decodeSeries);
  return [
    {
      run: id,
      name: text(run.name) ?? id,
      status: text(run.status) ?? 'RUNNING',
      startTime: number(run.start_time),
      endTime: number(run.end_time),
      params: new Map(params),
      paramsTotal: number(run.params_total) ?? params.length,
      series: new Map(series.map(one => [one.key, one])),
      seriesTotal: number(run.series_total) ?? series.length
    }
  ];
}

function decodeSeries(json: unknown): IChartSeries[] {
  const series = record(json);
  const key = text(series?.key);
  if (!series || key === null) {
    return [];
  }
  try {
    return [
      seriesOf(
        key,
        number(series.count) ?? 0,
        list(series.steps),
        list(series.timestamps),
        list(series.values),
        'payload'
      )
    ];
  } catch (error) {
    if (error instanceof EventsError) {
      return [];
    }
    throw error;
  }
}

/** A series of JSON arrays. Throws an `EventsError` where one holds something else. */
export function seriesOf(
  key: string,
  count: number,
  steps: readonly unknown[],
  timestamps: readonly unknown[],
  values: readonly unknown[],
  version: string
): IChartSeries {
  const n = Math.min(steps.length, timestamps.length, values.length);
  const numbers = (from: readonly unknown[]): Float64Array =>
    Float64Array.from(from.slice(0, n), value => decodeNumber(value, key));
  return {
    key,
    count: Math.max(count, n),
    steps: numbers(steps),
    timestamps: numbers(timestamps),
    values: numbers(values),
    version: `${version}-${count}-${n}`
  };
}

function record(json: unknown): Record<string, unknown> | null {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as Record<string, unknown>)
    : null;
}

function list(json: unknown): readonly unknown[] {
  return Array.isArray(json) ? json : [];
}

function text(json: unknown): string | null {
  return typeof json === 'string' ? json : null;
}

function number(json: unknown): number | null {
  return typeof json === 'number' && Number.isFinite(json) ? json : null;
}
