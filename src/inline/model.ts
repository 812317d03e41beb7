import { type ISignal, Signal } from '@lumino/signaling';

import type { IRunsClient } from '../client/tokens';
import type { ILiveChange, ILiveRuns } from '../live/tokens';
import { ChartRun } from './chartRun';
import type { IPayload } from './payload';

/** Points per metric that are fetched from the store. */
const BACKFILL_POINTS = 1000;

/** Runs whose points are fetched from the store. */
const BACKFILL_RUNS = 40;

/** Time that a kernel has to write the final output itself, in ms. */
const GRACE = 2000;

/** Time until the store has the last points of a run whose end was told, in ms. */
const SETTLED = 1000;

/** The runs of one chart output: what the notebook holds, completed and kept up to date from store and kernel. */
export class ChartModel {
  constructor(options: ChartModel.IOptions) {
    this._live = options.live;
    this._client = options.client;
    this._finish = options.finish;
    this._live?.changed.connect(this._onLive, this);
  }

  /** Runs or points have changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Id of the chart output. */
  get anchor(): string {
    return this._payload?.anchor ?? '';
  }

  /** The notebook holds the final output. */
  get ended(): boolean {
    return this._payload?.ended === true;
  }

  /** Id of the store that the notebook names. */
  get store(): string | undefined {
    return this._payload?.store ?? undefined;
  }

  /** The runs, oldest first. */
  get runs(): readonly ChartRun[] {
    return [...this._runs.values()];
  }

  /** Runs that there are, shown or not. */
  get runsTotal(): number {
    return Math.max(this._payload?.runsTotal ?? 0, this._runs.size);
  }

  /** Points may come. */
  get isLive(): boolean {
    const live = this._live;
    return this.runs.some(
      ({ run, status, live: seen }) =>
        status === 'RUNNING' &&
        (seen !== undefined ||
          live?.ofAnchor(this.anchor).includes(run) === true)
    );
  }

  /** The cell may still be going to log: no run is known yet, and nothing has ended. */
  get isOpening(): boolean {
    return this._runs.size === 0 && this._payload?.ended === false;
  }

  /** The output was opened by a kernel that this page knows. */
  get hasKernel(): boolean {
    return this._live?.kernelOf(this.anchor) !== undefined;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** Take what the notebook holds. */
  setPayload(payload: IPayload): void {
    if (this._payload && this._payload.anchor !== payload.anchor) {
      this._runs.clear();
    }
    this._payload = payload;
    for (const stored of payload.runs) {
      this._run(stored.run).payload = stored;
    }
    this._join();
    this._changed.emit();
    void this._complete();
  }

  dispose(): void {
    this._disposed = true;
    clearTimeout(this._timer);
    Signal.clearData(this);
  }

  private _run(id: string): ChartRun {
    let run = this._runs.get(id);
    if (!run) {
      run = new ChartRun(id);
      this._runs.set(id, run);
    }
    run.live = this._live?.run(id);
    return run;
  }

  /** Runs that were seen drawing in this output. */
  private _join(): void {
    for (const id of this._live?.ofAnchor(this.anchor) ?? []) {
      this._run(id);
    }
  }

  private _onLive(_: ILiveRuns, change: ILiveChange): void {
    const known = this._runs.has(change.run);
    if (!known && (change.anchor === null || change.anchor !== this.anchor)) {
      return;
    }
    const run = this._run(change.run);
    this._changed.emit();
    if (change.kind === 'end' && run.backfill === 'done') {
      // What came while the store was asked is in neither half; now it has all of it.
      setTimeout(() => {
        if (!this._disposed) {
          run.backfill = 'no';
          void this._complete();
        }
      }, SETTLED);
    }
    if (!known || change.kind === 'end' || change.kind === 'start') {
      void this._complete();
    }
  }

  /** Fetch from the store what neither the notebook nor the kernel has told. */
  private async _complete(): Promise<void> {
    const client = this._client;
    const missing = this._payload?.ended
      ? []
      : this.runs.filter(
          run => run.backfill === 'no' && run.live?.complete !== true
        );
    if (client && missing.length > 0) {
      const asked = missing.slice(-BACKFILL_RUNS);
      asked.forEach(run => (run.backfill = 'asked'));
      try {
        await this._backfill(client, asked);
      } catch (error) {
        // The store may be away; what is in the notebook stays.
        console.warn('Cellruns: no history of the runs of a chart:', error);
      }
      if (this._disposed) {
        return;
      }
      this._changed.emit();
    }
    this._finishSoon();
  }

  private async _backfill(
    client: IRunsClient,
    runs: readonly ChartRun[]
  ): Promise<void> {
    const { runs: summaries } = await client.runs({
      ids: runs.map(run => run.run),
      store: this.store,
      limit: runs.length
    });
    for (const summary of summaries) {
      const run = this._runs.get(summary.run_id);
      if (!run || this._disposed) {
        return;
      }
      run.summary = summary;
      run.setHistory(await client.series(run.run, undefined, BACKFILL_POINTS));
      run.backfill = 'done';
      this._changed.emit();
    }
  }

  /** Have the final output written, once, when all runs have ended and the notebook does not know. */
  private _finishSoon(): void {
    const payload = this._payload;
    const runs = this.runs;
    const key = runs.map(run => run.run).join();
    if (
      !payload ||
      payload.ended ||
      runs.length === 0 ||
      runs.some(run => run.status === 'RUNNING') ||
      this._finished === key
    ) {
      return;
    }
    clearTimeout(this._timer);
    this._timer = setTimeout(() => {
      const now = this.runs.map(run => run.run).join();
      const ended = this.runs.every(run => run.status !== 'RUNNING');
      if (now === key && ended && this._payload === payload) {
        this._finished = key;
        this._finish(
          payload,
          this.runs.map(run => run.run)
        );
      }
    }, GRACE);
  }

  private _changed = new Signal<this, void>(this);
  private _live: ILiveRuns | null;
  private _client: IRunsClient | null;
  private _finish: ChartModel.IOptions['finish'];
  private _payload: IPayload | null = null;
  private _runs = new Map<string, ChartRun>();
  private _finished = '';
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _disposed = false;
}

/** Namespace for `ChartModel`. */
export namespace ChartModel {
  /** Options of a model. */
  export interface IOptions {
    live: ILiveRuns | null;
    client: IRunsClient | null;
    /** Writes the final output of these runs into the notebook. */
    finish: (payload: IPayload, runIds: readonly string[]) => void;
  }
}
