import { type ISignal, Signal } from '@lumino/signaling';

import type { IEnvelope } from '../protocol/events';
import { LiveRun } from './run';
import { Sources } from './sources';
import type { ILiveChange, ILiveRun, ILiveRuns } from './tokens';

/** Runs that a page keeps; the oldest ended ones go first. */
const MAX_RUNS = 300;

/** Chart outputs whose runs are remembered. */
const MAX_ANCHORS = 1000;

/** Pure model of `ILiveRuns`: envelopes in, signals out. */
export class LiveRuns implements ILiveRuns {
  /**
   * Construct the model.
   *
   * @param soon - Calls back once, at the next animation frame or so.
   */
  constructor(soon: (callback: () => void) => void) {
    this._soon = soon;
  }

  get changed(): ISignal<ILiveRuns, ILiveChange> {
    return this._changed;
  }

  run(id: string): ILiveRun | undefined {
    return this._runs.get(id);
  }

  ofAnchor(anchor: string): readonly string[] {
    return [...(this._anchors.get(anchor)?.runs ?? [])];
  }

  kernelOf(anchor: string): string | undefined {
    return this._anchors.get(anchor)?.kernelId;
  }

  active(kernelId: string): readonly ILiveRun[] {
    return [...this._runs.values()].filter(
      run => run.kernelId === kernelId && run.status === 'RUNNING'
    );
  }

  adopt(anchor: string, kernelId: string, runIds: readonly string[]): void {
    const entry = this._anchor(anchor, kernelId);
    // What the server knows is the older part.
    entry.runs = new Set([...runIds, ...entry.runs]);
    for (const run of runIds) {
      this._note({ run, anchor, kind: 'start' });
    }
  }

  /** Take an envelope. False: it was seen before. */
  apply(kernelId: string, envelope: IEnvelope): boolean {
    const { source, seq, events } = envelope;
    if (!this._sources.admit(source, seq)) {
      return false;
    }
    const gap = this._sources.missing(source) > 0;
    const anchor = envelope.cell?.anchor ?? null;
    for (const event of events) {
      const run = this._run(event.run, kernelId);
      run.gap ||= gap;
      if (anchor !== null) {
        this._anchor(anchor, kernelId).runs.add(run.run);
      }
      const kind = run.apply(event);
      if (kind !== null) {
        this._note({ run: run.run, anchor, kind });
      }
    }
    return true;
  }

  /** A kernel is gone or begins anew: what ran in it runs no more. */
  kernelLost(kernelId: string, time: number): void {
    for (const run of this._runs.values()) {
      if (run.kernelId === kernelId && run.status === 'RUNNING') {
        run.status = 'KILLED';
        run.endTime = time;
        run.gap = true;
        this._note({ run: run.run, anchor: null, kind: 'end' });
      }
    }
  }

  private _run(id: string, kernelId: string): LiveRun {
    let run = this._runs.get(id);
    if (!run) {
      run = new LiveRun(id, kernelId);
      this._runs.set(id, run);
      if (this._runs.size > MAX_RUNS) {
        this._forget();
      }
    }
    return run;
  }

  private _forget(): void {
    for (const [id, run] of this._runs) {
      if (run.status !== 'RUNNING') {
        this._runs.delete(id);
        return;
      }
    }
  }

  private _anchor(
    anchor: string,
    kernelId: string
  ): { kernelId: string; runs: Set<string> } {
    let entry = this._anchors.get(anchor);
    if (!entry) {
      entry = { kernelId, runs: new Set() };
      this._anchors.set(anchor, entry);
      if (this._anchors.size > MAX_ANCHORS) {
        const [oldest] = this._anchors.keys();
        this._anchors.delete(oldest);
      }
    }
    return entry;
  }

  private _note(change: ILiveChange): void {
    if (this._pending.size === 0) {
      this._soon(() => this._flush());
    }
    const { run, anchor, kind } = change;
    this._pending.set(JSON.stringify([run, anchor, kind]), change);
  }

  private _flush(): void {
    const pending = [...this._pending.values()];
    this._pending.clear();
    for (const change of pending) {
      this._changed.emit(change);
    }
  }

  private _changed = new Signal<ILiveRuns, ILiveChange>(this);
  private _runs = new Map<string, LiveRun>();
  private _anchors = new Map<string, { kernelId: string; runs: Set<string> }>();
  private _sources = new Sources();
  private _pending = new Map<string, ILiveChange>();
  private _soon: (callback: () => void) => void;
}
