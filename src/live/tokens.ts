import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

/** What changed in the live runs of this page. */
export interface ILiveChange {
  /** Id of the run. */
  readonly run: string;
  /** Id of the chart output it draws in, or null. */
  readonly anchor: string | null;
  readonly kind: 'start' | 'points' | 'params' | 'tags' | 'end';
}

/** A run as seen on the kernels' output channels since the page was opened. */
export interface ILiveRun {
  readonly run: string;
  readonly name: string;
  readonly experiment: string | null;
  readonly parent: string | null;
  readonly status: 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED';
  readonly kernelId: string;
  readonly startTime: number | null;
  readonly endTime: number | null;
  readonly params: ReadonlyMap<string, string>;
  /** Metric key to the last point seen. */
  readonly last: ReadonlyMap<
    string,
    { value: number; step: number; timestamp: number }
  >;
}

/** Runs fed by the kernels' output channels: what the charts and panels of this page draw from while code runs. */
export interface ILiveRuns {
  /** Emitted at most once per animation frame and run. */
  readonly changed: ISignal<ILiveRuns, ILiveChange>;
  /** A run by its id. */
  run(id: string): ILiveRun | undefined;
  /** Ids of the runs that draw in a chart output, oldest first. */
  ofAnchor(anchor: string): readonly string[];
  /** Runs of a kernel that are still running, oldest first. */
  active(kernelId: string): readonly ILiveRun[];
}

export const ILiveRuns = new Token<ILiveRuns>(
  'jupyterlab-cellruns:ILiveRuns',
  'Runs seen live on the output channels of this page.'
);
