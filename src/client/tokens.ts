import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

/** A number that JSON has, or the name of one that it has not. */
export type JSONNumber = number | 'NaN' | 'Infinity' | '-Infinity';

/** Run statuses of MLflow. */
export type RunStatus =
  'SCHEDULED' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED';

export interface IStoreState {
  kind: 'local' | 'remote';
  label: string;
  location: string;
  state: 'idle' | 'starting' | 'ready' | 'away' | 'error';
  message: string | null;
  hint: string | null;
  /** Points that are not stored yet. */
  waiting: number;
}

export interface IProblem {
  time: number;
  message: string;
  run: string | null;
}

export interface IKernelState {
  attached: boolean;
  enabled: boolean;
  notebook: string | null;
  experiment: { id: string | null; name: string };
  active_runs: { run_id: string; name: string }[];
  problems: IProblem[];
}

export interface IStatus {
  version: string;
  enabled: boolean;
  store: IStoreState;
  kernel: IKernelState | null;
}

/** What the user's settings say, as the server keeps it. */
export interface IUserSettings {
  /** False turns Cellruns off in every notebook. */
  enabled: boolean;
  /** Where the runs of a notebook go that has no experiment of its own choice. */
  experiment_mode: 'notebook' | 'default' | 'fixed';
  /** Name of the experiment when the mode is `fixed`, else empty. */
  experiment_name: string;
  /** Whether executed cells, packages and git state are logged with each run. */
  provenance: boolean;
  /** What a re-run of a cell does; null: as the server is configured. */
  rerun: 'new' | 'nested' | 'resume' | null;
}

/** What the server says has changed in the store; at most two a second. */
export interface IRunsChange {
  readonly runs: readonly {
    readonly run_id: string;
    readonly experiment_id: string | null;
    readonly status: RunStatus | null;
  }[];
  readonly store_state: IStoreState['state'] | null;
  readonly waiting: number;
  readonly problems: number;
}

export interface IExperiment {
  experiment_id: string;
  name: string;
  lifecycle_stage: string;
  last_update_time: number;
}

export interface INotebookBinding {
  path: string;
  enabled: boolean;
  /** Name chosen for this notebook, or null: as the setting says. */
  experiment: string | null;
}

export interface IRunSummary {
  run_id: string;
  name: string;
  experiment_id: string;
  experiment_name: string;
  status: RunStatus;
  start_time: number;
  end_time: number | null;
  user: string;
  notebook: string | null;
  cell_id: string | null;
  execution_count: number | null;
  parent: string | null;
  lifecycle_stage: string;
  params: Record<string, string>;
  metrics: Record<
    string,
    { value: JSONNumber; step: number; timestamp: number }
  >;
  note: string | null;
}

export interface IMetricSummary {
  key: string;
  count: number;
  last: JSONNumber;
  last_step: number;
  last_timestamp: number;
  min: JSONNumber | null;
  min_step: number | null;
  max: JSONNumber | null;
  max_step: number | null;
  nonfinite: number;
}

export interface IRunDetail {
  run: IRunSummary;
  params: Record<string, string>;
  metrics: IMetricSummary[];
  tags: Record<string, string>;
  datasets: {
    name: string;
    digest: string;
    context: string | null;
    source_type: string;
  }[];
  models: { model_id: string; name: string | null }[];
  artifact_uri: string;
}

export interface ISeries {
  key: string;
  /** Points there are in the store. */
  total: number;
  reduced: boolean;
  steps: number[];
  timestamps: number[];
  values: JSONNumber[];
}

export interface IArtifact {
  path: string;
  is_dir: boolean;
  file_size: number | null;
}

export interface IRunsQuery {
  notebook?: string;
  experiment?: string;
  q?: string;
  ids?: readonly string[];
  limit?: number;
  offset?: number;
}

export interface IAnchor {
  anchor: string;
  cell_id: string | null;
  execution_count: number | null;
  run_ids: string[];
  /** The cell is still running, or one of the runs is. */
  open: boolean;
}

/** The one place that talks to the Cellruns server. Every method rejects with a `RunsError`. */
export interface IRunsClient {
  /** Runs changed in the store, as announced on the event stream of Jupyter Server. */
  readonly runsChanged: ISignal<IRunsClient, IRunsChange>;
  status(kernelId?: string): Promise<IStatus>;
  experiments(): Promise<IExperiment[]>;
  notebook(path: string): Promise<INotebookBinding>;
  bindNotebook(
    binding: Partial<INotebookBinding> & { path: string; kernel?: string }
  ): Promise<INotebookBinding>;
  /** Tells the server what the user's settings say. */
  applySettings(settings: IUserSettings): Promise<IUserSettings>;
  runs(query: IRunsQuery): Promise<{ runs: IRunSummary[]; total: number }>;
  run(runId: string): Promise<IRunDetail>;
  series(
    runId: string,
    keys?: readonly string[],
    points?: number
  ): Promise<ISeries[]>;
  artifacts(runId: string, path?: string): Promise<IArtifact[]>;
  /** Text of an artifact, at most `limit` bytes of it. */
  artifactText(runId: string, path: string, limit?: number): Promise<string>;
  /** Bytes of an artifact, for pictures. */
  artifactBlob(runId: string, path: string): Promise<Blob>;
  /** Address of an artifact, for a link that downloads it. Holds no secret. */
  artifactUrl(runId: string, path: string): string;
  anchors(kernelId: string): Promise<IAnchor[]>;
  /** The final chart output of a cell, as a MIME bundle made from the store. */
  chart(anchor: Omit<IAnchor, 'open'>): Promise<Record<string, unknown>>;
}

export const IRunsClient = new Token<IRunsClient>(
  'jupyterlab-cellruns:IRunsClient',
  'The REST client of the Cellruns server extension.'
);
