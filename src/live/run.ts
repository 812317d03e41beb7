import type { IRunStart, RunEvent } from '../protocol/events';
import { LiveSeries } from './series';
import type { ILiveChange, ILiveRun } from './tokens';

/** Metrics of a run that a page keeps. */
const MAX_SERIES = 500;

/** The mutable side of `ILiveRun`. */
export class LiveRun implements ILiveRun {
  constructor(
    readonly run: string,
    readonly kernelId: string
  ) {
    this.name = run;
  }

  name: string;
  experiment: string | null = null;
  parent: string | null = null;
  status: ILiveRun['status'] = 'RUNNING';
  startTime: number | null = null;
  endTime: number | null = null;
  readonly params = new Map<string, string>();
  readonly last = new Map<
    string,
    { value: number; step: number; timestamp: number }
  >();
  readonly series = new Map<string, LiveSeries>();

  /** The run's start was seen. */
  started = false;
  /** A sender of this run has lost envelopes. */
  gap = false;

  get complete(): boolean {
    return this.started && !this.gap;
  }

  /** Take an event of this run and say what it changed. */
  apply(event: RunEvent): ILiveChange['kind'] | null {
    switch (event.kind) {
      case 'run.start':
        this._start(event);
        return 'start';
      case 'metrics': {
        let series = this.series.get(event.key);
        if (!series) {
          if (this.series.size >= MAX_SERIES) {
            return null;
          }
          series = new LiveSeries(event.key);
          this.series.set(event.key, series);
        }
        series.extend(event.steps, event.timestamps, event.values);
        const n = event.values.length - 1;
        if (n >= 0) {
          this.last.set(event.key, {
            value: event.values[n],
            step: event.steps[n],
            timestamp: event.timestamps[n]
          });
        }
        return 'points';
      }
      case 'params':
        for (const [key, value] of Object.entries(event.entries)) {
          this.params.set(key, value);
        }
        return 'params';
      case 'tags':
        this.name = event.entries['mlflow.runName'] ?? this.name;
        return 'tags';
      case 'run.end':
        this.status = event.status;
        this.endTime = event.endTime;
        return 'end';
      case 'artifact':
      case 'model':
        return null;
    }
  }

  private _start(event: IRunStart): void {
    // A second start is a run that was resumed: earlier points lie in the store only.
    this.started = !this.started || this.status === 'RUNNING';
    this.name = event.name || this.name;
    this.experiment = event.experiment;
    this.parent = event.parent;
    this.startTime ??= event.startTime;
    this.status = 'RUNNING';
    this.endTime = null;
  }
}
