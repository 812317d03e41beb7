import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { ILiveSeries } from './series';

export type { ILiveSeries } from './series';

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
  /** Metric key to the points seen, bounded, in the order the keys were first seen. */
  readonly series: ReadonlyMap<string, ILiveSeries>;
  /** False where points are known to be missing here: the page joined in mid-run, or messages were lost. */
  readonly complete: boolean;
}

/** Runs fed by the kernels' output channels: what the charts and panels of this page draw from while code runs. */
export interface ILiveRuns {
  /** Emitted at most once per animation frame, run and kind. */
  readonly changed: ISignal<ILiveRuns, ILiveChange>;
  /** A run by its id. */
  run(id: string): ILiveRun | undefined;
  /** Ids of the runs that draw in a chart output, oldest first. */
  ofAnchor(anchor: string): readonly string[];
  /** Id of the kernel that draws in a chart output, when that kernel is known to have opened it. */
  kernelOf(anchor: string): string | undefined;
  /** Runs of a kernel that are still running, oldest first. */
  active(kernelId: string): readonly ILiveRun[];
  /** Learn from the server which runs draw in a chart output that was opened before this page was. */
  adopt(anchor: string, kernelId: string, runIds: readonly string[]): void;
}

export const ILiveRuns = new Token<ILiveRuns>(
  'jupyterlab-cellruns:ILiveRuns',
  'Runs seen live on the output channels of this page.'
);
