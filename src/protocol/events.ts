/** Version of the envelope that this front end reads. */
export const EVENTS_VERSION = 1;

/** Message type that carries an envelope on the output channel of a Python kernel. */
export const EVENTS_MESSAGE = 'cellruns_events';

/** MIME type that carries an envelope in a `display_data` message of any other kernel. */
export const EVENTS_MIME = 'application/vnd.cellruns.events.v1+json';

/** Most metric points that one envelope may hold. */
export const MAX_POINTS = 1000;

/** How a run ended. */
export type EndStatus = 'FINISHED' | 'FAILED' | 'KILLED';

/** The cell whose execution caused the events. */
export interface IEventCell {
  readonly id: string | null;
  readonly executionCount: number | null;
  /** Id of the chart output under that cell. */
  readonly anchor: string | null;
}

/** A run has begun. */
export interface IRunStart {
  readonly kind: 'run.start';
  readonly run: string;
  readonly name: string;
  readonly experiment: string | null;
  readonly parent: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** Ms since epoch. */
  readonly startTime: number | null;
  readonly exists: boolean;
}

/** Points of one metric: three arrays of equal length. */
export interface IMetrics {
  readonly kind: 'metrics';
  readonly run: string;
  readonly key: string;
  /** NaN and the infinities are themselves here. */
  readonly values: Float64Array;
  readonly timestamps: Float64Array;
  readonly steps: Float64Array;
}

/** Params or tags of a run. */
export interface IEntries {
  readonly kind: 'params' | 'tags';
  readonly run: string;
  readonly entries: Readonly<Record<string, string>>;
}

/** A file of a run. Its content is of no interest to a viewer and is dropped. */
export interface IArtifactEvent {
  readonly kind: 'artifact';
  readonly run: string;
  readonly path: string;
}

/** A model that a run has logged. */
export interface IModelEvent {
  readonly kind: 'model';
  readonly run: string;
  readonly modelId: string;
  readonly name: string | null;
  readonly uri: string | null;
}

/** A run has ended. */
export interface IRunEnd {
  readonly kind: 'run.end';
  readonly run: string;
  readonly status: EndStatus;
  readonly endTime: number | null;
}

/** Any event. */
export type RunEvent =
  IRunStart | IMetrics | IEntries | IArtifactEvent | IModelEvent | IRunEnd;

/** One message of a sender, see docs/events.md. */
export interface IEnvelope {
  readonly source: string;
  readonly seq: number;
  readonly sentAt: number | null;
  readonly cell: IEventCell | null;
  readonly store: string;
  readonly events: readonly RunEvent[];
}
