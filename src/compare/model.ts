import { Throttler } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import type { IChartRun } from '../charts/data';
import { isSystem } from '../charts/plots';
import { RunsError } from '../client/errors';
import type { IRunBrief, IRunsChange, IRunsClient } from '../client/tokens';
import { ChartRun } from '../inline/chartRun';
import type { ILiveChange, ILiveRuns } from '../live/tokens';
import { withLive } from '../runs/overlay';
import { columnsOf, type ICompareColumn, numberOf, valueOf } from './columns';
import { meanOf, overMetric, relativeTo } from './curves';
import {
  fetchProvenance,
  type IProvenance,
  PROVENANCE_TAG
} from './provenance';
import { type ICompareState, newState } from './state';

/** Points of a metric that are fetched, by how many runs there are. */
const POINTS = { few: 1000, many: 500, from: 10 };

/** Metrics that are shown where nothing was chosen. */
const FIRST_METRICS = 6;

/** Requests under way at a time. */
const PARALLEL = 4;

/** Time between two looks at runs that are running (ms). */
const LOOK_AGAIN = 2000;

/** Runs side by side: what is compared, how, and all that is known of the runs. Knows no DOM. */
export class CompareModel {
  constructor(options: CompareModel.IOptions) {
    this.client = options.client;
    this._live = options.live ?? null;
    this._state = options.state ?? newState([]);
    this._emitSoon = new Throttler(() => this._changed.emit(), {
      limit: options.pace ?? 120,
      edge: 'trailing'
    });
    this._lookSoon = new Throttler(() => this._lookAgain(), {
      limit: options.lookAgain ?? LOOK_AGAIN,
      edge: 'trailing'
    });
    this.client.runsChanged.connect(this._onRunsChanged, this);
    this._live?.changed.connect(this._onLive, this);
    void this.refresh();
  }

  readonly client: IRunsClient;

  /** Anything below has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** What a file would hold has changed. */
  get stateChanged(): ISignal<this, ICompareState> {
    return this._stateChanged;
  }

  get state(): ICompareState {
    return this._state;
  }

  /** Change what is compared or how. */
  set(some: Partial<ICompareState>): void {
    const before = this._state;
    this._state = { ...before, ...some };
    if (this._state.runs !== before.runs) {
      this._chosen = null;
      void this.refresh();
    }
    this._columns = null;
    this._stateChanged.emit(this._state);
    this._changed.emit();
    this._load();
  }

  /** Take a state that was read from a file. */
  replace(state: ICompareState): void {
    if (JSON.stringify(state) !== JSON.stringify(this._state)) {
      const runs =
        JSON.stringify(state.runs) !== JSON.stringify(this._state.runs);
      this._state = state;
      this._columns = null;
      this._changed.emit();
      if (runs) {
        void this.refresh();
      } else {
        this._load();
      }
    }
  }

  get phase(): 'loading' | 'ready' | 'error' {
    return this._error && this._briefs.size === 0
      ? 'error'
      : this._loaded
        ? 'ready'
        : 'loading';
  }

  get error(): RunsError | null {
    return this._error;
  }

  /** Ids of runs that the store has not. */
  get missing(): readonly string[] {
    return this._missing;
  }

  /** The runs there are, in the order of their colours, with what is known of them live. */
  get runs(): readonly IRunBrief[] {
    return this._state.runs.flatMap(id => {
      const brief = this._briefs.get(id);
      return brief
        ? [{ ...brief, run: withLive(brief.run, this._live?.run(id)) }]
        : [];
    });
  }

  /** The runs that charts show. */
  get shown(): readonly IRunBrief[] {
    return this.runs.filter(
      run => !this._state.hidden.includes(run.run.run_id)
    );
  }

  /** Order of a run's colour. */
  orderOf(id: string): number {
    return this._state.runs.indexOf(id);
  }

  get columns(): readonly ICompareColumn[] {
    this._columns ??= columnsOf(this.runs);
    return this._columns;
  }

  /** Metrics that runs have, those of the machine last. */
  get metricKeys(): readonly string[] {
    const keys = this.columns.filter(c => c.kind === 'metric').map(c => c.key);
    return [
      ...keys.filter(key => !isSystem(key)).sort(),
      ...keys.filter(isSystem).sort()
    ];
  }

  /** Metrics whose curves are shown. */
  get curveKeys(): readonly string[] {
    const all = this.metricKeys;
    const chosen = this._state.metrics?.filter(key => all.includes(key));
    return chosen ?? all.filter(key => !isSystem(key)).slice(0, FIRST_METRICS);
  }

  /** Runs that a brush has chosen; null where nothing is chosen. */
  get chosen(): ReadonlySet<string> | null {
    return this._chosen;
  }

  choose(runs: readonly string[] | null): void {
    this._chosen = runs && new Set(runs);
    this._changed.emit();
  }

  isChosen(id: string): boolean {
    return this._chosen === null || this._chosen.has(id);
  }

  /** Value of a run in a column. */
  value(run: IRunBrief, column: string): string | number | null {
    return valueOf(run, column);
  }

  number(run: IRunBrief, column: string): number {
    return numberOf(run, column);
  }

  /** Whether points of a curve are under way. */
  get isFetching(): boolean {
    return this._fetching > 0;
  }

  /** A run of those shown is running. */
  get isLive(): boolean {
    return this.shown.some(run => run.run.status === 'RUNNING');
  }

  /** The curves as they are to be drawn: grouped, over another metric, or relative to the baseline. */
  get curves(): readonly IChartRun[] {
    const { chart, group, relative, baseline } = this._state;
    const keys = new Set(this.curveKeys);
    const across = chart.x === 'metric' ? (chart.xMetric ?? null) : null;
    const curve = (id: string): IChartRun | undefined => {
      const run = this._charts.get(id);
      return (
        run && {
          run: id,
          name: this._briefs.get(id)?.run.name ?? id,
          startTime: run.startTime,
          order: this.orderOf(id),
          series: new Map(
            [...run.series].filter(([key]) => keys.has(key) || key === across)
          )
        }
      );
    };
    let runs = this.shown.flatMap(({ run }) => curve(run.run_id) ?? []);
    const base = relative && baseline !== null ? curve(baseline) : undefined;
    if (base) {
      runs = runs
        .filter(run => run.run !== baseline)
        .map(run => relativeTo(run, base));
    }
    if (across) {
      runs = runs.map(run => overMetric(run, across));
    }
    if (group !== null && !across) {
      const groups = new Map<string, IChartRun[]>();
      for (const run of runs) {
        const brief = this._briefs.get(run.run);
        const value = String((brief && valueOf(brief, group)) ?? '–');
        groups.set(value, [...(groups.get(value) ?? []), run]);
      }
      runs = [...groups].map(([value, members], i) =>
        meanOf(
          `group ${value}`,
          `${group.slice(group.indexOf(':') + 1)} = ${value} (${members.length})`,
          i,
          members
        )
      );
    }
    return runs;
  }

  /** What runs were made from, as far as it was fetched. */
  get provenance(): ReadonlyMap<string, IProvenance> {
    return this._provenance;
  }

  /** Fetch what the runs were made from. */
  async loadProvenance(): Promise<void> {
    const wanted = this.runs.flatMap(({ run, tags }) => {
      const id = run.run_id;
      const holder = tags[PROVENANCE_TAG];
      return holder && !this._asked.has(`from ${id}`) ? [{ id, holder }] : [];
    });
    wanted.forEach(({ id }) => this._asked.add(`from ${id}`));
    await inTurns(wanted, async ({ id, holder }) => {
      try {
        const found = await fetchProvenance(this.client, holder);
        if (found) {
          this._provenance.set(id, found);
        }
        this._provenanceError = null;
      } catch (reason) {
        // Asked for again when it is looked at again.
        this._asked.delete(`from ${id}`);
        this._provenanceError = RunsError.from(reason);
      }
      this._soon();
    });
    this._provenanceLoaded = true;
    this._soon();
  }

  /** Why records could not be fetched; null where they could. */
  get provenanceError(): RunsError | null {
    return this._provenanceError;
  }

  /** Every record that there is has been fetched. */
  get isProvenanceLoaded(): boolean {
    return this._provenanceLoaded;
  }

  /** Ask for the runs again. */
  async refresh(): Promise<void> {
    const wanted = this._state.runs;
    if (wanted.length === 0) {
      this._loaded = true;
      this._changed.emit();
      return;
    }
    if (this._state.store) {
      this.client.place(wanted, this._state.store);
    }
    // Curves that were chosen by name need not wait for what the runs are.
    this._loadShown();
    try {
      const answer = await this.client.compare(wanted);
      if (this._disposed || wanted !== this._state.runs) {
        return;
      }
      this._error = null;
      this._missing = answer.missing;
      for (const brief of answer.runs) {
        this._briefs.set(brief.run.run_id, brief);
        this._chart(brief.run.run_id).summary = brief.run;
      }
    } catch (reason) {
      this._error = RunsError.from(reason);
    }
    this._loaded = true;
    this._columns = null;
    this._provenanceLoaded = false;
    this._changed.emit();
    this._load();
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    if (this._disposed) {
      return;
    }
    this._disposed = true;
    this._emitSoon.dispose();
    this._lookSoon.dispose();
    Signal.clearData(this);
  }

  private _chart(id: string): ChartRun {
    let run = this._charts.get(id);
    if (!run) {
      run = new ChartRun(id);
      this._charts.set(id, run);
    }
    run.live = this._live?.run(id);
    return run;
  }

  /** Fetch what the view that is open needs and is not here. */
  private _load(): void {
    this._loadShown();
    if (this._state.view === 'table' || this._state.view === 'code') {
      void this.loadProvenance();
    }
  }

  private _loadShown(): void {
    const { view, runs, hidden } = this._state;
    if (view === 'curves') {
      void this._loadCurves(runs.filter(id => !hidden.includes(id)));
    }
  }

  private async _loadCurves(
    ids: readonly string[],
    again = false
  ): Promise<void> {
    const { chart, metrics: named } = this._state;
    const keys = [
      ...new Set([
        ...(this._briefs.size > 0 ? this.curveKeys : (named ?? [])),
        ...(chart.x === 'metric' && chart.xMetric ? [chart.xMetric] : [])
      ])
    ];
    const points = ids.length < POINTS.from ? POINTS.few : POINTS.many;
    const work = ids.flatMap(id => {
      const run = this._chart(id);
      // Of a run that is not known yet the store leaves out what it has not.
      const metrics = this._briefs.get(id)?.run.metrics;
      const missing = keys.filter(
        key =>
          (metrics ? key in metrics : !this._missing.includes(id)) &&
          (again || !this._asked.has(`${id} ${key}`)) &&
          run.live?.complete !== true
      );
      missing.forEach(key => this._asked.add(`${id} ${key}`));
      return missing.length > 0 ? [{ run, missing }] : [];
    });
    this._fetching += work.length;
    await inTurns(work, async ({ run, missing }) => {
      try {
        run.setHistory(await this.client.series(run.run, missing, points));
      } catch (reason) {
        missing.forEach(key => this._asked.delete(`${run.run} ${key}`));
        if (this._briefs.has(run.run)) {
          this._error = RunsError.from(reason);
        }
      } finally {
        this._fetching -= 1;
        if (this._fetching === 0) {
          this._changed.emit();
        } else {
          this._soon();
        }
      }
    });
  }

  private _onLive(_: ILiveRuns, change: ILiveChange): void {
    if (!this._briefs.has(change.run)) {
      return;
    }
    this._chart(change.run);
    this._columns = null;
    this._soon();
    if (change.kind === 'end') {
      this._note(change.run);
    }
  }

  private _onRunsChanged(_: IRunsClient, change: IRunsChange): void {
    for (const { run_id } of change.runs) {
      if (this._briefs.has(run_id)) {
        this._note(run_id);
      }
    }
  }

  private _note(id: string): void {
    this._dirty.add(id);
    void this._lookSoon.invoke().catch(() => undefined);
  }

  /** Runs have changed in the store: their facts, and points that no kernel of this page tells of. */
  private async _lookAgain(): Promise<void> {
    const ids = [...this._dirty].filter(id => this._state.runs.includes(id));
    this._dirty.clear();
    await this.refresh();
    if (this._state.view === 'curves' && !this._disposed) {
      await this._loadCurves(ids, true);
    } else {
      // Asked for again when they are looked at.
      this._asked.forEach(asked => {
        if (ids.some(id => asked.startsWith(`${id} `))) {
          this._asked.delete(asked);
        }
      });
    }
  }

  private _soon(): void {
    void this._emitSoon.invoke().catch(() => undefined);
  }

  private _changed = new Signal<this, void>(this);
  private _stateChanged = new Signal<this, ICompareState>(this);
  private _live: ILiveRuns | null;
  private _state: ICompareState;
  private _briefs = new Map<string, IRunBrief>();
  private _charts = new Map<string, ChartRun>();
  private _provenance = new Map<string, IProvenance>();
  private _provenanceLoaded = false;
  private _provenanceError: RunsError | null = null;
  private _missing: readonly string[] = [];
  private _asked = new Set<string>();
  private _dirty = new Set<string>();
  private _columns: ICompareColumn[] | null = null;
  private _chosen: ReadonlySet<string> | null = null;
  private _error: RunsError | null = null;
  private _loaded = false;
  private _fetching = 0;
  private _disposed = false;
  private _emitSoon: Throttler;
  private _lookSoon: Throttler;
}

/** Namespace for `CompareModel`. */
export namespace CompareModel {
  /** Options of a model. */
  export interface IOptions {
    client: IRunsClient;
    live?: ILiveRuns | null;
    state?: ICompareState;
    /** Least time between two redraws because of points (ms). */
    pace?: number;
    /** Least time between two looks at runs that have changed (ms). */
    lookAgain?: number;
  }
}

/** Do work a few at a time. */
async function inTurns<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>
): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}
