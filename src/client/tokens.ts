import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

/** A number that JSON has, or the name of one that it has not. */
export type JSONNumber = number | 'NaN' | 'Infinity' | '-Infinity';

/** Run statuses of MLflow. */
export type RunStatus =
  'SCHEDULED' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED';

export interface IStoreState {
  /** What routes and notebooks call it. */
  id: string;
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
  /** Id of the store that the next run goes to. */
  store: string;
  experiment: { id: string | null; name: string };
  active_runs: { run_id: string; name: string; store: string | null }[];
  problems: IProblem[];
}

export interface IStatus {
  version: string;
  enabled: boolean;
  /** The store that the next run of the notebook goes to. */
  store: IStoreState;
  /** All that notebooks can choose. */
  stores: IStoreState[];
  /** Id of the store of notebooks that have made no choice. */
  default_store: string;
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
    /** Id of its store, null where it is none of the server's. */
    readonly store: string | null;
    readonly experiment_id: string | null;
    readonly status: RunStatus | null;
  }[];
  /** Every store by its id. */
  readonly stores: Readonly<
    Record<string, { state: IStoreState['state'] | null; waiting: number }>
  >;
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
  /** Id of the store chosen for this notebook, or null: the default one. */
  store: string | null;
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
  /** The first by name, as `metrics`: a run may have a million. */
  params: Record<string, string>;
  params_total: number;
  metrics: Record<
    string,
    { value: JSONNumber; step: number; timestamp: number }
  >;
  metrics_total: number;
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

/** Part of a series, ends inclusive; times in ms since epoch. */
export interface ISeriesWindow {
  firstStep?: number;
  lastStep?: number;
  firstTime?: number;
  lastTime?: number;
}

/** All about a run but the histories of its metrics. */
export interface IRunBrief {
  run: IRunSummary;
  tags: IRunDetail['tags'];
  datasets: IRunDetail['datasets'];
  models: IRunDetail['models'];
  artifact_uri: string;
}

/** How much each param tells of a metric, by scikit-learn on the runs compared. */
export interface IImportance {
  metric: string;
  runs: number;
  /** Share of the metric's variance that the model told of runs it had not seen; null with too few runs. */
  score: number | null;
  sklearn: string;
  params: {
    key: string;
    importance: number;
    spread: number;
    forest: number;
    kind: 'number' | 'category';
    values: number;
    correlation: number | null;
  }[];
  /** Params left out, each with why. */
  left_out: { key: string; reason: 'constant' | 'missing' | 'identifier' }[];
}

export interface IArtifact {
  path: string;
  is_dir: boolean;
  file_size: number | null;
}

export interface IRunsQuery {
  notebook?: string;
  /** Path of a notebook whose store is listed, all of it. */
  near?: string;
  /** Id of the store; wins over what `notebook` and `near` say. */
  store?: string;
  experiment?: string;
  q?: string;
  ids?: readonly string[];
  limit?: number;
  offset?: number;
}

/** The card of models under a cell, as the kernel has shown it. */
export interface ICardOutput {
  cell_id: string;
  execution_count: number | null;
  /** MIME bundle of the output. */
  data: Record<string, unknown>;
}

export interface IAnchor {
  anchor: string;
  cell_id: string | null;
  execution_count: number | null;
  run_ids: string[];
  /** The cell is still running, or one of the runs is. */
  open: boolean;
}

/** Whose runs a table shows. */
export interface ITableScope {
  /** Id of the store, or undefined: the notebook's, else the default one. */
  store?: string;
  /** Ids of experiments, or null for all. */
  experiments?: readonly string[] | null;
  /** Path of a notebook. */
  notebook?: string | null;
  /** Id of a cell of it. */
  cell?: string | null;
  stage?: 'active' | 'deleted' | 'all';
}

/** Which runs, and in which order. Columns are called `kind:key` (docs/http-api.md). */
export interface ITableSelection extends ITableScope {
  /** MLflow's filter language. */
  filter?: string;
  /** Words that must occur. */
  text?: string;
  sort?: readonly { column: string; descending: boolean }[];
  group?: string | null;
  nested?: boolean;
}

/** Which lines of them. */
export interface ITableLines extends ITableSelection {
  folded?: boolean;
  toggled?: readonly string[];
  snapshot?: string | null;
}

export interface ITableQuery extends ITableLines {
  /** Columns, or null: the server picks at most `most`. */
  columns: readonly string[] | null;
  most?: number;
  offset: number;
  limit: number;
  reveal?: string | null;
  refresh?: 'news' | 'all' | '';
}

/** What a group of runs shows of a metric. */
export interface ISpread {
  mean: number;
  deviation: number | null;
  runs: number;
  least: number;
  greatest: number;
}

/** A value in the table; groups have spreads, or say how many values there are. */
export type TableCell = number | string | ISpread | { distinct: number };

/** Facts of the lines of a window, column by column. */
export interface ITableRows {
  id: string[];
  depth: number[];
  children: number[];
  expanded: boolean[];
  group: (string | number | null)[];
  name: (string | null)[];
  status: (RunStatus | null)[];
  start_time: (number | null)[];
  end_time: (number | null)[];
  experiment_id: (string | null)[];
  lifecycle_stage: (string | null)[];
  notebook: (string | null)[];
  cell_id: (string | null)[];
  execution_count: (number | null)[];
  parent: (string | null)[];
}

export interface ITableAnswer {
  snapshot: string;
  /** Lines there are. */
  total: number;
  /** Runs there are. */
  runs: number;
  offset: number;
  rows: ITableRows;
  columns: string[];
  cells: Record<string, (TableCell | null)[]>;
  /** Runs that came since the order was made. */
  added: number;
  /** The order would be another by now. */
  outdated: boolean;
  /** Runs that have come from a remote store while more are on their way. */
  loaded: number | null;
  /** Runs whose least or greatest value is still being read. */
  pending: number;
  trouble: string | null;
  /** Line of the run that was to be revealed, null where it is none. */
  index?: number | null;
}

export interface ITableOffer {
  column: string;
  runs: number;
  differs: boolean | null;
}

/** What to change in runs. */
export type RunsChange =
  | {
      change: 'tags';
      set?: Record<string, string>;
      remove?: readonly string[];
    }
  | { change: 'rename'; name: string }
  | { change: 'note'; note: string }
  | { change: 'delete' }
  | { change: 'restore' }
  | { change: 'end'; status: 'FINISHED' | 'FAILED' | 'KILLED' };

export interface IEdited {
  changed: string[];
  refused: { run_id: string; message: string }[];
}

/** A cell that made runs. */
export interface ICellRuns {
  cell_id: string;
  runs: number;
  /** When the newest began (ms). */
  last: number;
}

export interface IStatusQuery {
  kernel?: string;
  /** Path of a notebook; the kernel's own where there is none. */
  notebook?: string;
  /** Look at all stores, not only at the notebook's. */
  all?: boolean;
}

/**
 * The one place that talks to the Cellruns server. Every method rejects with a `RunsError`.
 *
 * #### Notes
 * Run ids are unique across stores. The client remembers in which store it
 * has seen a run and asks there.
 */
export interface IRunsClient {
  /** Runs changed in the store, as announced on the event stream of Jupyter Server. */
  readonly runsChanged: ISignal<IRunsClient, IRunsChange>;
  /** Another store was chosen for a notebook: its path. */
  readonly storeChosen: ISignal<IRunsClient, string>;
  status(query?: IStatusQuery): Promise<IStatus>;
  /** Id of the only store that this client asks, or null where it asks about any. */
  readonly onlyStore: string | null;
  /** Experiments of a store, else of that of a notebook, else of the default one. */
  experiments(notebook?: string, store?: string): Promise<IExperiment[]>;
  notebook(path: string): Promise<INotebookBinding>;
  bindNotebook(
    binding: Partial<INotebookBinding> & { path: string; kernel?: string }
  ): Promise<INotebookBinding>;
  /** Tells the server what the user's settings say. */
  applySettings(settings: IUserSettings): Promise<IUserSettings>;
  runs(query: IRunsQuery): Promise<{ runs: IRunSummary[]; total: number }>;
  /** A window of the runs table. */
  table(query: ITableQuery): Promise<ITableAnswer>;
  /** What columns the runs of a selection have; `more` is how many there are besides. */
  tableColumns(
    selection: ITableSelection & { compare?: boolean }
  ): Promise<{ runs: number; columns: ITableOffer[]; more: number }>;
  /** Says that somebody is about to search for words. */
  warmTable(scope: ITableScope): Promise<void>;
  /** Values of a column that begin so, the most frequent first. */
  tableValues(
    scope: ITableScope & { column: string; prefix: string }
  ): Promise<string[]>;
  /** Ids of the runs on some lines of the table. */
  tableIds(
    lines: ITableLines & { first: number; last: number }
  ): Promise<string[]>;
  /** Change runs that are there. */
  editRuns(
    runIds: readonly string[],
    change: RunsChange,
    store?: string
  ): Promise<IEdited>;
  /** Cells of a notebook that made runs. */
  notebookCells(path: string): Promise<ICellRuns[]>;
  /** Id of the store that a run was seen in; null where this page has not seen it. */
  storeOf(runId: string): string | null;
  /** Say in which store runs are, as something that was saved tells. */
  place(runIds: readonly string[], store: string): void;
  run(runId: string): Promise<IRunDetail>;
  series(
    runId: string,
    keys?: readonly string[],
    points?: number,
    window?: ISeriesWindow
  ): Promise<ISeries[]>;
  /** Runs side by side, in the order asked for, and ids of those that are not there. */
  compare(
    runIds: readonly string[]
  ): Promise<{ runs: IRunBrief[]; missing: string[] }>;
  /** How much the params of these runs tell of a metric. */
  importance(runIds: readonly string[], metric: string): Promise<IImportance>;
  artifacts(runId: string, path?: string): Promise<IArtifact[]>;
  /** Text of an artifact, at most `limit` bytes of it. */
  artifactText(runId: string, path: string, limit?: number): Promise<string>;
  /** Bytes of an artifact, for pictures. */
  artifactBlob(runId: string, path: string): Promise<Blob>;
  /** Address of an artifact, for a link that downloads it. Holds no secret. */
  artifactUrl(runId: string, path: string): string;
  anchors(kernelId: string): Promise<IAnchor[]>;
  /** Cards of models under the cells that a kernel is running. */
  cards(kernelId: string): Promise<ICardOutput[]>;
  /** The final chart output of a cell, as a MIME bundle made from the store. */
  chart(anchor: Omit<IAnchor, 'open'>): Promise<Record<string, unknown>>;
}

export const IRunsClient = new Token<IRunsClient>(
  'jupyterlab-cellruns:IRunsClient',
  'The REST client of the Cellruns server extension.'
);
