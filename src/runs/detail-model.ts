import type { IDisposable } from '@lumino/disposable';
import { Throttler } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';

import { RunsError } from '../client/errors';
import type {
  IRunDetail,
  IRunsChange,
  IRunsClient,
  ISeries
} from '../client/tokens';
import type { ILiveChange, ILiveRuns } from '../live/tokens';
import { withLive } from './overlay';

/** Series that are asked for at once. */
const SERIES_BATCH = 20;
/** Metrics that get a chart; a run may have thousands. */
const MOST_CHARTS = 200;

/** One run in full, kept up to date while it runs. Knows no DOM. */
export class RunDetailModel implements IDisposable {
  constructor(options: RunDetailModel.IOptions) {
    this.runId = options.runId;
    this._client = options.client;
    this._live = options.live ?? null;
    this._points = options.points ?? 200;
    this._catchUp = new Throttler(() => this.refresh(), {
      limit: options.delay ?? 1000,
      edge: 'trailing'
    });
    this._client.runsChanged.connect(this._onRunsChanged, this);
    this._live?.changed.connect(this._onLive, this);
    void this.refresh();
  }

  readonly runId: string;

  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The run, undefined while it is not loaded. */
  get detail(): IRunDetail | undefined {
    return (
      this._detail && {
        ...this._detail,
        run: withLive(this._detail.run, this._live?.run(this.runId))
      }
    );
  }

  /** Why the last request failed, or null. */
  get error(): RunsError | null {
    return this._error;
  }

  /** Id of the store that the run is in, or null where nothing has told. */
  get store(): string | null {
    return this._client.storeOf(this.runId);
  }

  /** Reduced history of a metric, undefined while it is not loaded. */
  series(key: string): ISeries | undefined {
    return this._series.get(key);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._catchUp.dispose();
    Signal.clearData(this);
  }

  /** Ask for the run and its series again. */
  async refresh(): Promise<void> {
    try {
      const detail = await this._client.run(this.runId);
      this._detail = detail;
      this._error = null;
      this._emit();
      const stale = detail.metrics
        .slice(0, MOST_CHARTS)
        .filter(
          metric =>
            metric.count > 1 &&
            this._series.get(metric.key)?.total !== metric.count
        )
        .map(metric => metric.key);
      for (
        let i = 0;
        i < stale.length && !this._isDisposed;
        i += SERIES_BATCH
      ) {
        const keys = stale.slice(i, i + SERIES_BATCH);
        const series = await this._client.series(
          this.runId,
          keys,
          this._points
        );
        series.forEach(one => this._series.set(one.key, one));
        this._emit();
      }
    } catch (reason) {
      this._error = RunsError.from(reason);
      this._emit();
    }
  }

  private _onRunsChanged(_: IRunsClient, change: IRunsChange): void {
    if (change.runs.some(run => run.run_id === this.runId)) {
      void this._catchUp.invoke().catch(() => undefined);
    }
  }

  private _onLive(_: ILiveRuns, change: ILiveChange): void {
    if (change.run === this.runId) {
      void this._catchUp.invoke().catch(() => undefined);
    }
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _client: IRunsClient;
  private _live: ILiveRuns | null;
  private _points: number;
  private _catchUp: Throttler;
  private _detail: IRunDetail | undefined;
  private _series = new Map<string, ISeries>();
  private _error: RunsError | null = null;
  private _isDisposed = false;
}

export namespace RunDetailModel {
  export interface IOptions {
    runId: string;
    client: IRunsClient;
    live?: ILiveRuns | null;
    /** Points of each small chart. */
    points?: number;
    /** Least time between two refreshes in ms. */
    delay?: number;
  }
}
