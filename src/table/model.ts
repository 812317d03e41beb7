import type { IDisposable } from '@lumino/disposable';
import { Debouncer, Throttler } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';

import { RunsError } from '../client/errors';
import type {
  IRunsChange,
  IRunsClient,
  ITableAnswer,
  ITableLines,
  ITableQuery,
  ITableScope
} from '../client/tokens';
import type { ILiveChange, ILiveRuns } from '../live/tokens';
import { parseColumn, type IColumn } from './columns';
import { readFilter } from './filter';
import type { TableMemory } from './memory';
import { ColumnOffers } from './offers';
import { RowWindow, rowsOf, type ITableRow } from './row';
import { TableSelection } from './selection';
import { nextSort, NO_STATE, type ITableState } from './state';

/** Where the table stands. */
export type TablePhase =
  | 'loading'
  | 'ready'
  /** There is no run at all. */
  | 'empty'
  /** There are runs, but the filter hits none. */
  | 'no-hits'
  /** The scope is a notebook, and none is open. */
  | 'no-notebook'
  | 'error';

/** State of a runs table: whose runs, which columns, which lines are loaded. Knows no DOM. */
export class TableModel implements IDisposable {
  constructor(options: TableModel.IOptions) {
    this._client = options.client;
    this._live = options.live ?? null;
    this._memory = options.memory;
    this._most = options.most ?? 40;
    const delay = options.delay ?? 150;
    this.selection = new TableSelection(
      () => this._emit(),
      (first, last) => this._client.tableIds({ ...this._lines(), first, last })
    );
    this.offers = new ColumnOffers(this._client, () => {
      this._columns = null;
      this._emit();
    });
    this._typing = new Debouncer(() => this._restart(), TYPING_MS);
    this._catchUp = new Throttler(() => this._again(), {
      limit: 3 * delay,
      edge: 'trailing'
    });
    this._redraw = new Throttler(() => this._emit(), {
      limit: 250,
      edge: 'trailing'
    });
    this._keep = new Debouncer(() => this._save(), 400);
    this._client.runsChanged.connect(this._onRunsChanged, this);
    this._live?.changed.connect(this._onLive, this);
  }

  /** Selected runs. */
  readonly selection: TableSelection;

  /** Columns there are to choose from. */
  readonly offers: ColumnOffers;

  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when lines have moved by so many places: what is looked at stays in place. */
  get shifted(): ISignal<this, number> {
    return this._shifted;
  }

  get phase(): TablePhase {
    return this._phase;
  }

  /** Why the phase is `error`, or why the last refresh failed. */
  get error(): RunsError | null {
    return this._error;
  }

  /** What is wrong with the filter, while it is. */
  get filterError(): RunsError | null {
    return this._filterError;
  }

  get isBusy(): boolean {
    return this._busy > 0;
  }

  get scope(): ITableScope {
    return this._scope;
  }

  get state(): ITableState {
    return this._state;
  }

  get live(): ILiveRuns | null {
    return this._live;
  }

  /** Lines there are, loaded or not. */
  get total(): number {
    return this._rows.total;
  }

  /** Runs there are. */
  get runs(): number {
    return this._answer?.runs ?? 0;
  }

  /** Runs that have come from a remote store while more are on their way, or null. */
  get loaded(): number | null {
    return this._answer?.loaded ?? null;
  }

  /** Runs whose least or greatest value is on its way. */
  get pending(): number {
    return this._answer?.pending ?? 0;
  }

  get trouble(): string | null {
    return this._answer?.trouble ?? null;
  }

  /** The order would be another by now: so many runs came since, or null. */
  get outdated(): number | null {
    return this._answer?.outdated ? this._answer.added : null;
  }

  /** Columns to show, in order, pinned ones first. */
  get columns(): readonly IColumn[] {
    this._columns ??= this._shownColumns();
    return this._columns;
  }

  /** Columns that are chosen, shown or not. */
  get chosen(): readonly string[] {
    return this._state.columns ?? this._automatic;
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
    void this._save();
    this._typing.dispose();
    this._catchUp.dispose();
    this._redraw.dispose();
    this._keep.dispose();
    window.clearTimeout(this._timer);
    Signal.clearData(this);
  }

  /** A loaded line, or undefined. */
  row(index: number): ITableRow | undefined {
    return this._rows.get(index);
  }

  /** Place of a loaded line, or -1. */
  indexOf(id: string): number {
    return this._rows.indexOf(id);
  }

  /** Whether anyone looks: a hidden table asks nothing, and catches up when it is shown. */
  setActive(active: boolean): void {
    if (active === this._active) {
      return;
    }
    this._active = active;
    if (active && this._scopeSet && this._phase === 'loading') {
      void this._reset();
    } else if (active && this._stale) {
      void this.refresh();
    }
  }

  /** Whose runs. A scope has a memory of its own: `place` names it. Null: there is no notebook to show. */
  async setScope(scope: ITableScope | null, place: string): Promise<void> {
    const generation = ++this._generation;
    if (place !== this._place) {
      await this._save();
      const state = await this._memory.load(place).catch(() => NO_STATE);
      if (generation !== this._generation) {
        return;
      }
      this._place = place;
      this._state = state;
      this._automatic = [];
    }
    this._scope = scope ?? {};
    this._scopeSet = true;
    this.offers.setScope(this._scope);
    this._filterError = null;
    if (scope === null) {
      this._answer = null;
      this._rows = new RowWindow();
      this._set('no-notebook', null);
      return;
    }
    this.selection.clear();
    if (this._active) {
      await this._reset();
    } else {
      this._phase = 'loading';
    }
  }

  /** Change what is remembered. What changes which lines there are, or their order, asks the server anew. */
  update(change: Partial<ITableState>): void {
    const before = this._state;
    this._state = { ...before, ...change };
    this._columns = null;
    void this._keep.invoke().catch(() => undefined);
    if (change.filter !== undefined && change.filter !== before.filter) {
      this._emit();
      void this._typing.invoke().catch(() => undefined);
      return;
    }
    if (change.folded !== undefined && change.folded !== before.folded) {
      this._toggled.clear();
    }
    if (change.sort || change.group !== undefined || 'folded' in change) {
      if (change.group !== undefined && change.group !== before.group) {
        this._toggled.clear();
      }
      void this._reset();
    } else if (change.columns !== undefined) {
      void this._again();
    }
    if (change.differing) {
      this._askSame();
    }
    this._emit();
  }

  /** Take a state over as a whole, for example that of a saved view. */
  adopt(state: ITableState): void {
    this._state = state;
    this._columns = null;
    this._toggled.clear();
    void this._keep.invoke().catch(() => undefined);
    void this._reset();
  }

  /** Sort by a column, or the other way round, or no more. */
  sortBy(column: IColumn, add: boolean): void {
    const first =
      column.kind === 'param' ||
      column.kind === 'tag' ||
      ['name', 'status', 'experiment', 'user', 'notebook'].includes(column.key)
        ? 'ascending'
        : 'descending';
    this.update({
      sort: nextSort(this._state.sort, column.id, first, add)
    });
  }

  /** Fold a line up, or unfold it. */
  toggle(row: ITableRow): void {
    if (row.children === 0) {
      return;
    }
    if (!this._toggled.delete(row.id)) {
      this._toggled.add(row.id);
    }
    void this._again();
  }

  /** The lines that are looked at: load what is missing of them. */
  look(first: number, last: number): void {
    this._seen = [first, last];
    if (this._phase !== 'ready') {
      return;
    }
    const missing = this._rows.missing(first - 10, last + 10);
    if (missing && !this._reading.has(missing[0])) {
      const from = missing[0];
      this._reading.add(from);
      void this._read(from, Math.max(PAGE, missing[1] - from + 1)).finally(() =>
        this._reading.delete(from)
      );
    }
  }

  /** Look for news; `all` reads a remote store anew. */
  async refresh(refresh: 'news' | 'all' = 'news'): Promise<void> {
    if (!this._active || !this._scopeSet) {
      this._stale = true;
      return;
    }
    if (this._phase === 'no-notebook') {
      return;
    }
    if (this._phase === 'ready' && refresh === 'news') {
      await this._again('news');
    } else {
      await this._reset(refresh);
    }
  }

  /** Put the lines into the order that they would have now. */
  sortAgain(): void {
    void this._reset();
  }

  /** The place of a run among the lines; loads what is around it. */
  async find(id: string): Promise<number> {
    const known = this._rows.indexOf(id);
    if (known >= 0) {
      return known;
    }
    let index = -1;
    await this._guarded(async isCurrent => {
      const answer = await this._client.table({
        ...this._query(0, 1),
        reveal: id
      });
      index = isCurrent() ? (answer.index ?? -1) : -1;
    });
    return index;
  }

  /** Ask in which columns the runs that are shown do not differ. */
  private _askSame(): void {
    const generation = this._generation;
    void this.offers.askSame(
      this._selected(),
      () => generation === this._generation
    );
  }

  private _shownColumns(): IColumn[] {
    const columns = this.chosen
      .filter(id => !this._state.differing || !this.offers.same.has(id))
      .map(parseColumn)
      .filter(column => column !== null);
    const pinned = new Set(this._state.pinned);
    return [
      ...columns.filter(column => pinned.has(column.id)),
      ...columns.filter(column => !pinned.has(column.id))
    ];
  }

  private _selected(): Omit<ITableLines, 'snapshot'> {
    return {
      ...this._scope,
      ...readFilter(this._state.filter),
      sort: this._state.sort,
      group: this._state.group
    };
  }

  private _lines(): ITableLines {
    return {
      ...this._selected(),
      folded: this._state.folded,
      toggled: [...this._toggled],
      snapshot: this._answer?.snapshot ?? null
    };
  }

  private _query(offset: number, limit: number): ITableQuery {
    return {
      ...this._lines(),
      columns:
        this._state.columns ??
        (this._automatic.length ? this._automatic : null),
      most: this._most,
      offset,
      limit: Math.min(limit, 500)
    };
  }

  /** Another selection or order: from the first line on; old lines stay until the answer is there. */
  private async _reset(refresh: 'news' | 'all' | '' = ''): Promise<void> {
    this._generation += 1;
    this._reading.clear();
    if (!this._active || !this._scopeSet) {
      this._stale = true;
      return;
    }
    if (this._phase === 'error' || this._phase === 'no-notebook') {
      this._phase = 'loading';
    }
    await this._guarded(async isCurrent => {
      const answer = await this._client.table({
        ...this._query(0, PAGE),
        snapshot: null,
        refresh
      });
      if (isCurrent()) {
        this._rows = new RowWindow();
        this._seen = [0, PAGE];
        this._stale = false;
        this._took.emit();
        this._settle(answer);
        if (this._state.differing) {
          this._askSame();
        }
      }
    });
  }

  /** Emitted when the lines are others than before: from the first one on. */
  get restarted(): ISignal<this, void> {
    return this._took;
  }

  /** The typed filter is another. */
  private _restart(): void {
    this.selection.clear();
    void this._reset();
  }

  private async _read(offset: number, limit: number): Promise<void> {
    await this._guarded(async isCurrent => {
      const answer = await this._client.table(this._query(offset, limit));
      if (isCurrent()) {
        this._settle(answer);
      }
    });
  }

  /** The lines in view once more: their values may be newer, and lines may have come above them. */
  private async _again(refresh: 'news' | '' = ''): Promise<void> {
    if (!this._active || this._phase === 'error') {
      this._stale = true;
      return;
    }
    if (this._phase !== 'ready') {
      await this._reset(refresh);
      return;
    }
    const [first, last] = this._seen;
    const offset = Math.max(0, first - 10);
    const top = first > 0 ? this._rows.get(first)?.id : undefined;
    await this._guarded(async isCurrent => {
      const answer = await this._client.table({
        ...this._query(offset, Math.max(PAGE, last - offset + 10)),
        refresh,
        ...(top === undefined ? {} : { reveal: top })
      });
      if (!isCurrent()) {
        return;
      }
      const shift = (answer.index ?? first) - first;
      this._stale = false;
      this._rows.keep(offset, offset + answer.rows.id.length - 1);
      this._settle(answer);
      if (shift !== 0) {
        this._shifted.emit(shift);
      }
    });
  }

  /** Runs a request: a newer selection makes its answer void, a failure shows. */
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
        const error = RunsError.from(reason);
        if (error.code === 'bad_filter') {
          // What was found before stays, until the filter is right again.
          this._filterError = error;
        } else {
          this._set('error', error);
        }
      }
    } finally {
      this._busy -= 1;
      this._emit();
    }
  }

  private _settle(answer: ITableAnswer): void {
    this._answer = answer;
    this._filterError = null;
    if (this._state.columns === null && this._automatic.length === 0) {
      this._automatic = answer.columns;
    }
    this._columns = null;
    this._rows.put(answer.offset, rowsOf(answer), answer.total);
    const none = this._state.filter.trim() ? 'no-hits' : 'empty';
    this._set(answer.total > 0 ? 'ready' : none, null);
    if (answer.loaded !== null || answer.pending > 0) {
      window.clearTimeout(this._timer);
      this._timer = window.setTimeout(() => void this._more(), MORE_MS);
    }
  }

  /** What is on its way may have come. The newest runs are there first, so their order does not jump. */
  private async _more(): Promise<void> {
    if (!this._isDisposed && this._active) {
      if (this._phase === 'ready') {
        await this._again();
      } else {
        await this._reset();
      }
    }
  }

  private _set(phase: TablePhase, error: RunsError | null): void {
    this._phase = phase;
    this._error = error;
    this._emit();
  }

  private _onRunsChanged(_: IRunsClient, change: IRunsChange): void {
    if (change.runs.length > 0) {
      this._note();
    }
  }

  private _onLive(_: ILiveRuns, change: ILiveChange): void {
    if (change.kind === 'start' || change.kind === 'end') {
      this._note();
    } else if (this._active && this._rows.indexOf(change.run) >= 0) {
      void this._redraw.invoke().catch(() => undefined);
    }
  }

  /** Something is new: ask again soon. */
  private _note(): void {
    if (this._active && this._scopeSet) {
      void this._catchUp.invoke().catch(() => undefined);
    } else {
      this._stale = true;
    }
  }

  private async _save(): Promise<void> {
    if (this._place) {
      await this._memory.save(this._place, this._state).catch(() => undefined);
    }
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _shifted = new Signal<this, number>(this);
  private _took = new Signal<this, void>(this);
  private _client: IRunsClient;
  private _live: ILiveRuns | null;
  private _memory: TableMemory;
  private _most: number;
  private _typing: Debouncer;
  private _catchUp: Throttler;
  private _redraw: Throttler;
  private _keep: Debouncer;
  private _timer = 0;
  private _rows = new RowWindow();
  private _answer: ITableAnswer | null = null;
  private _columns: IColumn[] | null = null;
  private _automatic: readonly string[] = [];
  private _toggled = new Set<string>();
  private _reading = new Set<number>();
  private _seen: [number, number] = [0, 0];
  private _phase: TablePhase = 'loading';
  private _error: RunsError | null = null;
  private _filterError: RunsError | null = null;
  private _scope: ITableScope = {};
  private _scopeSet = false;
  private _place = '';
  private _state: ITableState = NO_STATE;
  private _generation = 0;
  private _busy = 0;
  private _active = false;
  private _stale = false;
  private _isDisposed = false;
}

/** How long a typed filter waits for the next key (ms); an answer that comes too late is dropped anyway. */
const TYPING_MS = 20;
/** Lines of one request. */
const PAGE = 50;
/** How soon to ask again while runs or values are on their way (ms). */
const MORE_MS = 700;

export namespace TableModel {
  export interface IOptions {
    client: IRunsClient;
    live?: ILiveRuns | null;
    memory: TableMemory;
    /** Most columns before anybody chose. */
    most?: number;
    /** Refreshes wait three times as long for each other (ms). */
    delay?: number;
  }
}
