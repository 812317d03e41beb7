import type { IChartRun, IChartSeries } from '../charts/data';
import type { IRunSummary, ISeries } from '../client/tokens';
import type { ILiveRun } from '../live/tokens';
import { type IHistory, mergeSeries } from './merge';
import { type IPayloadRun, seriesOf } from './payload';

/** What a chart shows as a run's status. */
export type ShownStatus = 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED';

/** One run of a chart output, joined from the notebook, the store and the kernel's messages. */
export class ChartRun implements IChartRun {
  constructor(readonly run: string) {}

  /** What the notebook holds. */
  payload: IPayloadRun | null = null;
  /** What the store knows. */
  summary: IRunSummary | null = null;
  /** What came over the kernel's channel. */
  live: ILiveRun | undefined = undefined;
  /** Whether the store was asked. */
  backfill: 'no' | 'asked' | 'done' = 'no';

  get name(): string {
    const live = this.live && this.live.name !== this.run ? this.live.name : '';
    return live || this.summary?.name || this.payload?.name || this.run;
  }

  get status(): ShownStatus {
    const known = [
      this.live?.status,
      this.summary?.status,
      this.payload?.status
    ];
    // A run that has ended anywhere has ended.
    const ended = known.find(
      status =>
        status === 'FINISHED' || status === 'FAILED' || status === 'KILLED'
    );
    return (ended as ShownStatus | undefined) ?? 'RUNNING';
  }

  get startTime(): number | null {
    return (
      this.live?.startTime ??
      this.summary?.start_time ??
      this.payload?.startTime ??
      null
    );
  }

  get endTime(): number | null {
    return this.status === 'RUNNING'
      ? null
      : (this.live?.endTime ??
          this.summary?.end_time ??
          this.payload?.endTime ??
          null);
  }

  get params(): ReadonlyMap<string, string> {
    const stored = this.summary ? Object.entries(this.summary.params) : [];
    return new Map([
      ...(this.payload?.params ?? []),
      ...stored,
      ...(this.live?.params ?? [])
    ]);
  }

  get paramsTotal(): number {
    return Math.max(this.payload?.paramsTotal ?? 0, this.params.size);
  }

  /** Metrics that there are, shown or not. */
  get seriesTotal(): number {
    return Math.max(this.payload?.seriesTotal ?? 0, this.series.size);
  }

  /** Points of all metrics. */
  get points(): number {
    let points = 0;
    this.series.forEach(series => (points += series.count));
    return points;
  }

  get series(): ReadonlyMap<string, IChartSeries> {
    const live = this.live;
    if (live?.complete) {
      this._merge([...live.series.keys()], () => undefined);
    } else {
      const older = this._history.size > 0 ? this._history : this._stored();
      const keys = new Set([...older.keys(), ...(live?.series.keys() ?? [])]);
      this._merge([...keys], key => older.get(key));
    }
    return this._merged;
  }

  /** Take the points of the store. */
  setHistory(series: readonly ISeries[]): void {
    for (const one of series) {
      this._history.set(one.key, {
        series: seriesOf(
          one.key,
          one.total,
          one.steps,
          one.timestamps,
          one.values,
          `store${++this._fetched}`
        ),
        liveCount: this.live?.series.get(one.key)?.count ?? 0
      });
    }
  }

  private _stored(): Map<string, IHistory> {
    const stored = new Map<string, IHistory>();
    for (const [key, series] of this.payload?.series ?? []) {
      // The notebook may hold points that were seen live, too.
      stored.set(key, { series, liveCount: Infinity });
    }
    return stored;
  }

  private _merge(
    keys: readonly string[],
    history: (key: string) => IHistory | undefined
  ): void {
    for (const key of this._merged.keys()) {
      if (!keys.includes(key)) {
        this._merged.delete(key);
      }
    }
    for (const key of keys) {
      const older = history(key);
      const newer = this.live?.series.get(key);
      const made = `${older?.series.version ?? ''}/${newer?.version ?? ''}`;
      if (this._made.get(key) === made && this._merged.has(key)) {
        continue;
      }
      const series = mergeSeries(older, newer);
      if (series) {
        this._made.set(key, made);
        this._merged.set(key, series);
      }
    }
  }

  private _history = new Map<string, IHistory>();
  private _merged = new Map<string, IChartSeries>();
  private _made = new Map<string, string>();
  private _fetched = 0;
}
