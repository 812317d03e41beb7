import type { IDisposable } from '@lumino/disposable';
import { Throttler } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';

import { RunsError } from '../client/errors';
import type {
  INotebookBinding,
  IRunsChange,
  IRunsClient,
  IStatus,
  IStoreState
} from '../client/tokens';
import type { ILiveChange, ILiveRuns } from '../live/tokens';

/** How a notebook stands with Cellruns. */
export type SessionPhase =
  /** Turned off, for this notebook or altogether. */
  | 'off'
  /** No kernel, one that is starting, or one that is not Python's. */
  | 'detached'
  /** Attached, no run is active. */
  | 'idle'
  /** A run is active. */
  | 'running'
  /** The store or the server can't be reached for now. */
  | 'away'
  /** The store can't be used, or the server part is missing. */
  | 'error';

/** The notebook that a session model looks at. */
export interface ISessionSource {
  /** Path of the notebook on the server. */
  path(): string;
  /** Id of its kernel, or null. */
  kernelId(): string | null;
}

/** The run context of one notebook. Knows no DOM. */
export class SessionModel implements IDisposable {
  constructor(options: SessionModel.IOptions) {
    this._client = options.client;
    this._live = options.live ?? null;
    this._source = options.source;
    this._soon = new Throttler(() => this.refresh(), {
      limit: options.delay ?? 1000,
      edge: 'trailing'
    });
    this._client.runsChanged.connect(this._onRunsChanged, this);
    this._live?.changed.connect(this._onLive, this);
  }

  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get path(): string {
    return this._source.path();
  }

  get status(): IStatus | null {
    return this._status;
  }

  get binding(): INotebookBinding | null {
    return this._binding;
  }

  /** Why the server could not be asked, or null. */
  get error(): RunsError | null {
    return this._error;
  }

  /** Tracking is on for this notebook. */
  get isEnabled(): boolean {
    const asked =
      this._binding?.enabled ?? this._status?.kernel?.enabled ?? true;
    return asked && (this._status?.enabled ?? true);
  }

  get phase(): SessionPhase {
    if (this._error) {
      return this._error.code === 'offline' ? 'away' : 'error';
    }
    if (!this._status) {
      return 'detached';
    }
    if (!this.isEnabled) {
      return 'off';
    }
    const { store, kernel } = this._status;
    if (store.state === 'error' || store.state === 'away') {
      return store.state;
    }
    if (!kernel?.attached) {
      return 'detached';
    }
    return this.activeRuns.length > 0 ? 'running' : 'idle';
  }

  /** The stores to choose from are shown: their states are wanted, too. */
  looksAtAll = false;

  /** Runs that are active in the kernel, the innermost last. */
  get activeRuns(): { run_id: string; name: string; store?: string | null }[] {
    const runs = new Map<
      string,
      { run_id: string; name: string; store?: string | null }
    >((this._status?.kernel?.active_runs ?? []).map(run => [run.run_id, run]));
    const kernel = this._source.kernelId();
    for (const id of [...runs.keys()]) {
      const live = this._live?.run(id);
      if (live && live.status !== 'RUNNING') {
        runs.delete(id);
      }
    }
    for (const { run, name } of (kernel && this._live?.active(kernel)) || []) {
      const known = runs.get(run);
      runs.set(run, {
        run_id: run,
        name: name || known?.name || run,
        store: known?.store ?? null
      });
    }
    return [...runs.values()];
  }

  /** Name of the experiment that the next run goes to. */
  get experiment(): string {
    return (
      this._status?.kernel?.experiment.name ?? this._binding?.experiment ?? ''
    );
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._soon.dispose();
    Signal.clearData(this);
  }

  /** Something happened in the kernel: look soon. */
  touch(): void {
    if (!this._isDisposed) {
      void this._soon.invoke().catch(() => undefined);
    }
  }

  /** Ask the server how things stand. */
  async refresh(): Promise<void> {
    const [path, kernel] = [this._source.path(), this._source.kernelId()];
    try {
      const [status, binding] = await Promise.all([
        this._client.status({
          kernel: kernel ?? undefined,
          notebook: path,
          all: this.looksAtAll
        }),
        this._client.notebook(path)
      ]);
      if (path !== this._source.path() || kernel !== this._source.kernelId()) {
        // The notebook was renamed or got another kernel meanwhile.
        this.touch();
        return;
      }
      this._status = status;
      this._binding = binding;
      this._error = null;
    } catch (reason) {
      this._error = RunsError.from(reason);
    }
    this._emit();
  }

  /** Turn tracking on or off for this notebook. */
  setEnabled(enabled: boolean): Promise<void> {
    return this._bind({ enabled });
  }

  /** Choose the experiment of this notebook; null goes back to what the settings say. */
  setExperiment(experiment: string | null): Promise<void> {
    return this._bind({ experiment });
  }

  /** Choose the store of this notebook's next runs; null goes back to the default one. */
  setStore(store: string | null): Promise<void> {
    return this._bind({ store });
  }

  /** Rejects with a `RunsError` where the server does not take it. */
  private async _bind(change: Partial<INotebookBinding>): Promise<void> {
    const kernel = this._source.kernelId();
    this._binding = await this._client.bindNotebook({
      path: this._source.path(),
      ...change,
      ...(kernel ? { kernel } : {})
    });
    this._emit();
    await this.refresh();
  }

  private _onRunsChanged(_: IRunsClient, change: IRunsChange): void {
    const status = this._status;
    if (!status) {
      this.touch();
      return;
    }
    const active = new Set(this.activeRuns.map(run => run.run_id));
    const turns = change.runs.some(
      run => active.has(run.run_id) !== (run.status === 'RUNNING')
    );
    const news = status.stores.some(
      ({ id, state }) => (change.stores[id]?.state ?? state) !== state
    );
    if (turns || news || change.problems !== this._problems) {
      this.touch();
    }
    this._problems = change.problems;
    const waits = (store: IStoreState) =>
      change.stores[store.id]?.waiting ?? store.waiting;
    if (status.stores.some(store => waits(store) !== store.waiting)) {
      const stores = status.stores.map(store => ({
        ...store,
        waiting: waits(store)
      }));
      const { id } = status.store;
      const store = stores.find(one => one.id === id) ?? status.store;
      this._status = { ...status, store, stores };
      this._emit();
    }
  }

  private _onLive(_: ILiveRuns, change: ILiveChange): void {
    if (change.kind === 'start' || change.kind === 'end') {
      this._emit();
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
  private _source: ISessionSource;
  private _soon: Throttler;
  private _status: IStatus | null = null;
  private _binding: INotebookBinding | null = null;
  private _error: RunsError | null = null;
  private _problems = 0;
  private _isDisposed = false;
}

export namespace SessionModel {
  export interface IOptions {
    client: IRunsClient;
    source: ISessionSource;
    live?: ILiveRuns | null;
    /** Least time between two refreshes in ms. */
    delay?: number;
  }
}
