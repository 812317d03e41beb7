import type { IDisposable } from '@lumino/disposable';
import { Debouncer, Throttler } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';

import { RunsError } from '../client/errors';
import type {
  IRunsChange,
  IRunsClient,
  IRunsQuery,
  IRunSummary
} from '../client/tokens';
import type { ILiveChange, ILiveRuns } from '../live/tokens';
import {
  AUTOMATIC_COLUMNS,
  availableColumns,
  columnId,
  defaultColumns,
  parseColumn,
  type IColumn
} from './columns';
import { withLive } from './overlay';
import { RunSlots } from './slots';
import type { IMemoryStore, ListPhase, Scope } from './tokens';
import { makeRows, type IRow } from './tree';

/** State of the runs list: which runs, in which order, how far loaded. Knows no DOM. */
export class RunsModel implements IDisposable {
  constructor(options: RunsModel.IOptions) {
    this._client = options.client;
    this._live = options.live ?? null;
    this._memory = options.memory ?? null;
    this._pageSize = options.pageSize ?? 100;
    const delay = options.delay ?? 250;
    this._search = new Debouncer(() => this._restart(), delay);
    this._catchUp = new Throttler(() => this._fetchDirty(), {
      limit: 2 * delay,
      edge: 'trailing'
    });
    this._redraw = new Throttler(() => this._emit(), {
      limit: delay,
      edge: 'trailing'
    });
    this._client.runsChanged.connect(this._onRunsChanged, this);
    this._live?.changed.connect(this._onLive, this);
  }

  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get phase(): ListPhase {
    return this._phase;
  }

  /** Why the list is in the phase `error`, or why the last refresh failed. */
  get error(): RunsError | null {
    return this._error;
  }

  /** Older rows are shown while newer ones are on their way. */
  get isBusy(): boolean {
    return this._busy > 0;
  }

  get scope(): Scope {
    return this._scope;
  }

  /** Path of the notebook in front, or null. */
  get notebook(): string | null {
    return this._notebook;
  }

  get filter(): string {
    return this._filter;
  }

  /** Runs there are in the scope and filter, loaded or not. */
  get total(): number {
    return this._slots.total;
  }

  get rows(): readonly IRow[] {
    this._rows ??= makeRows(this._slots.ids, this._slots.runs, this._collapsed);
    return this._rows;
  }

  /** Columns to show, in order. */
  get columns(): readonly IColumn[] {
    return this._columns ?? this.candidates.slice(0, AUTOMATIC_COLUMNS);
  }

  /** What each run shows the first of that it has: the columns, or what the list would pick. */
  get candidates(): readonly IColumn[] {
    return this._columns ?? defaultColumns(this.available);
  }

  /** How many values a run shows where there is no room for columns. */
  get mostChips(): number {
    return this._columns?.length ?? AUTOMATIC_COLUMNS;
  }

  /** Columns that the loaded runs offer. */
  get available(): readonly IColumn[] {
    this._available ??= availableColumns(this._slots.runs.values());
    return this._available;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._generation += 1;
    this._search.dispose();
    this._catchUp.dispose();
    this._redraw.dispose();
    Signal.clearData(this);
  }

  /** A run of a row, with what is known of it live. */
  run(id: string): IRunSummary | undefined {
    const run = this._slots.runs.get(id);
    return run && withLive(run, this._live?.run(id));
  }

  /** Whether anyone looks: a hidden list asks nothing, and catches up when it is shown. */
  setActive(active: boolean): void {
    if (active === this._active) {
      return;
    }
    this._active = active;
    if (active && !this._started) {
      void this._start();
    } else if (active && this._stale) {
      void this.refresh();
    }
  }

  setNotebook(path: string | null): void {
    if (path === this._notebook) {
      return;
    }
    this._notebook = path;
    if (this._scope === 'notebook') {
      this._restart();
    } else {
      this._emit();
    }
  }

  setScope(scope: Scope): void {
    if (scope === this._scope) {
      return;
    }
    this._scope = scope;
    this._remember();
    this._restart();
  }

  setFilter(text: string): void {
    if (text === this._filter) {
      return;
    }
    this._filter = text;
    this._emit();
    void this._search.invoke().catch(() => undefined);
  }

  /** Choose columns; null goes back to what the list picks by itself. */
  setColumns(columns: readonly IColumn[] | null): void {
    this._columns = columns && [...columns];
    this._remember();
    this._emit();
  }

  /** Fold a parent up, or unfold it. */
  toggle(id: string, expanded?: boolean): void {
    const expand = expanded ?? this._collapsed.has(id);
    if (expand === this._collapsed.has(id)) {
      if (expand) {
        this._collapsed.delete(id);
      } else {
        this._collapsed.add(id);
      }
      this._emit();
    }
  }

  /** Load what is missing between two slots. */
  ensure(first: number, last: number): void {
    if (this._phase !== 'ready') {
      return;
    }
    for (const page of this._slots.missingPages(first, last, this._pageSize)) {
      if (!this._pending.has(page)) {
        this._pending.add(page);
        void this._loadPage(page).finally(() => this._pending.delete(page));
      }
    }
  }

  /** Ask for the newest runs, and again for those that run. */
  async refresh(): Promise<void> {
    if (!this._active) {
      this._stale = true;
      return;
    }
    if (
      this._wantsReset ||
      this._phase === 'error' ||
      this._slots.total === 0
    ) {
      return this._load();
    }
    for (const run of this._slots.runs.values()) {
      if (run.status === 'RUNNING') {
        this._dirty.add(run.run_id);
      }
    }
    this._wantsHead = true;
    await this._fetchDirty();
  }

  private async _start(): Promise<void> {
    this._started = true;
    const memory: Partial<{ scope: Scope; columns: string[] | null }> =
      (await this._memory?.load().catch(() => ({}))) ?? {};
    if (memory.scope === 'all' || memory.scope === 'notebook') {
      this._scope = memory.scope;
    }
    if (Array.isArray(memory.columns)) {
      this._columns = memory.columns
        .map(parseColumn)
        .filter(column => column !== null);
    }
    this._restart();
  }

  private _remember(): void {
    const columns = this._columns?.map(columnId) ?? null;
    void this._memory
      ?.save({ scope: this._scope, columns })
      .catch(() => undefined);
  }

  /** Another scope or filter: everything is asked anew, old rows stay until the answer is there. */
  private _restart(): void {
    this._generation += 1;
    this._pending.clear();
    this._foreign.clear();
    if (!this._started) {
      return;
    }
    this._wantsReset = true;
    if (this._active) {
      void this._load();
    } else {
      this._stale = true;
    }
  }

  private async _load(): Promise<void> {
    this._wantsReset = false;
    if (this._scope === 'notebook' && this._notebook === null) {
      this._slots.clear();
      this._set('no-notebook', null);
      return;
    }
    if (this._phase !== 'ready') {
      this._set('loading', null);
    }
    await this._guarded(async isCurrent => {
      const page = await this._client.runs(this._query(0));
      if (isCurrent()) {
        this._slots.reset(page.runs, page.total);
        this._stale = false;
        this._settle();
      }
    });
  }

  private async _loadPage(page: number): Promise<void> {
    await this._guarded(async isCurrent => {
      const offset = page * this._pageSize;
      const answer = await this._client.runs(this._query(offset));
      if (isCurrent()) {
        this._slots.put(offset, answer.runs, answer.total);
        this._settle();
      }
    });
  }

  private async _fetchDirty(): Promise<void> {
    const ids = [...this._dirty].slice(0, this._pageSize);
    const wantsHead = this._wantsHead;
    this._wantsHead = false;
    ids.forEach(id => this._dirty.delete(id));
    await this._guarded(async isCurrent => {
      const [known, head] = await Promise.all([
        ids.length > 0 ? this._client.runs({ ids }) : null,
        wantsHead ? this._client.runs(this._query(0)) : null
      ]);
      if (!isCurrent()) {
        return;
      }
      known?.runs.forEach(run => this._slots.update(run));
      if (head) {
        this._slots.putHead(head.runs, head.total);
        this._unknown.forEach(
          id => this._slots.runs.has(id) || this._foreign.add(id)
        );
        this._unknown.clear();
        this._stale = false;
      }
      this._settle();
    });
    if (this._dirty.size > 0) {
      void this._catchUp.invoke().catch(() => undefined);
    }
  }

  /** Runs a request: a newer scope or filter makes its answer void, a failure shows. */
  private async _guarded(
    work: (isCurrent: () => boolean) => Promise<void>
  ): Promise<void> {
    const generation = this._generation;
    const isCurrent = () =>
      generation === this._generation && !this._isDisposed;
    this._busy += 1;
    this._emit();
    try {
      await work(isCurrent);
    } catch (reason) {
      if (isCurrent()) {
        this._set('error', RunsError.from(reason));
      }
    } finally {
      this._busy -= 1;
      this._emit();
    }
  }

  private _settle(): void {
    const none = this._filter.trim() ? 'no-hits' : 'empty';
    this._set(this._slots.total > 0 ? 'ready' : none, null);
  }

  private _set(phase: ListPhase, error: RunsError | null): void {
    this._phase = phase;
    this._error = error;
    this._emit();
  }

  private _query(offset: number): IRunsQuery {
    return {
      ...(this._scope === 'notebook' ? { notebook: this._notebook ?? '' } : {}),
      ...(this._filter.trim() ? { q: this._filter.trim() } : {}),
      limit: this._pageSize,
      offset
    };
  }

  private _onRunsChanged(_: IRunsClient, change: IRunsChange): void {
    change.runs.forEach(run => this._note(run.run_id));
  }

  private _onLive(_: ILiveRuns, change: ILiveChange): void {
    if (change.kind === 'start' || change.kind === 'end') {
      this._note(change.run);
    } else if (this._slots.runs.has(change.run) && this._active) {
      void this._redraw.invoke().catch(() => undefined);
    }
  }

  /** Something about a run is new: fetch it soon, or the head of the list if it is not in it. */
  private _note(id: string): void {
    if (this._slots.runs.has(id)) {
      this._dirty.add(id);
    } else if (this._foreign.has(id)) {
      return;
    } else {
      this._unknown.add(id);
      this._wantsHead = true;
    }
    if (this._active && this._started) {
      void this._catchUp.invoke().catch(() => undefined);
    } else {
      this._stale = true;
    }
  }

  private _emit(): void {
    this._rows = null;
    this._available = null;
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _client: IRunsClient;
  private _live: ILiveRuns | null;
  private _memory: IMemoryStore | null;
  private _pageSize: number;
  private _search: Debouncer;
  private _catchUp: Throttler;
  private _redraw: Throttler;
  private _slots = new RunSlots();
  private _rows: IRow[] | null = null;
  private _available: IColumn[] | null = null;
  private _columns: IColumn[] | null = null;
  private _collapsed = new Set<string>();
  /** Runs in the list that changed since they were fetched. */
  private _dirty = new Set<string>();
  /** Runs that changed and are not in the list, yet. */
  private _unknown = new Set<string>();
  /** Runs that the scope or filter leaves out. */
  private _foreign = new Set<string>();
  private _pending = new Set<number>();
  private _phase: ListPhase = 'loading';
  private _error: RunsError | null = null;
  private _scope: Scope = 'notebook';
  private _notebook: string | null = null;
  private _filter = '';
  private _generation = 0;
  private _busy = 0;
  private _active = false;
  private _started = false;
  private _stale = false;
  private _wantsHead = false;
  private _wantsReset = false;
  private _isDisposed = false;
}

export namespace RunsModel {
  export interface IOptions {
    client: IRunsClient;
    live?: ILiveRuns | null;
    memory?: IMemoryStore | null;
    /** Runs asked for at once. */
    pageSize?: number;
    /** Wait of the filter in ms; refreshes wait at least twice as long for each other. */
    delay?: number;
  }
}
