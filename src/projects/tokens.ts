import type { Contents } from '@jupyterlab/services';

import type { IDatasetUse } from '../models/tokens';

/** A sentence of the analysis about a notebook, as in docs/http-api.md. */
export interface IFinding {
  code: string;
  level: 'error' | 'warning' | 'info';
  message: string;
  hint: string;
  cell: number | null;
  cell_id: string | null;
  line: number | null;
}

/** A constant of a notebook that can become a parameter. */
export interface IFoundParameter {
  name: string;
  type: string;
  kind: string;
  default: string;
  source: string;
  comment: string;
  cell: number;
  cell_id: string | null;
  line: number;
  tagged: boolean;
  chosen: boolean;
  note: string;
}

/** A file that an export would write. */
export interface IPlannedFile {
  path: string;
  size: number;
  /** Null for what is no text. */
  text: string | null;
  copied: boolean;
  /** The folder has a file of this name with another content. */
  replaces: boolean;
}

/** What an export would write, and what is to be said about it. */
export interface IPlan {
  name: string;
  folder: string;
  parameters: IFoundParameter[];
  chosen: string[];
  findings: IFinding[];
  packages: { name: string; version: string; requirement: string }[];
  python: string | null;
  command: string;
  files: IPlannedFile[];
  large: { path: string; size: number }[];
}

export type Form = 'notebook' | 'script';
export type EnvironmentForm = 'python_env' | 'uv' | 'conda';

/** What is asked of `POST projects/plan` and `projects/export`. */
export interface IPlanRequest {
  path: string;
  content: unknown;
  kernel: string | null;
  kernel_name: string | null;
  form: Form;
  environment: EnvironmentForm;
  parameters: string[] | null;
  name: string;
  folder: string | null;
  history: IExecution[];
  /** Modules that the kernel has loaded, and their files. */
  seen: Record<string, string | null>;
  overwrite?: boolean;
}

/** One execution of a cell, as Cellruns has kept it. */
export interface IExecution {
  cell_id: string | null;
  source: string;
  execution_count: number | null;
  /** Whether the source was cut. */
  truncated?: boolean;
}

/** An environment manager of `mlflow run`. */
export interface IManager {
  name: string;
  works: boolean;
  reason: string;
}

export type JobStatus =
  'queued' | 'running' | 'finished' | 'failed' | 'cancelled' | 'lost';

/** One run of a job. */
export interface IJobItem {
  parameters: Record<string, string>;
  status: JobStatus;
  step: string;
  detail: string;
  fraction: number | null;
  run_id: string | null;
}

/** What a proof says. */
export interface IVerdict {
  outcome: 'same' | 'within' | 'different' | 'failed' | 'ran';
  sentence: string;
  tolerance: number;
  manager: string;
  compared: number;
  differences: {
    run: string;
    key: string;
    notebook: number | string | null;
    project: number | string | null;
    relative: number | null;
    timing: boolean;
  }[];
  pairs: { notebook: string; project: string }[];
  /** The cell that failed, from 0. */
  cell: number | null;
  cell_id: string | null;
}

/** What is to be run. */
export interface IRunRequest {
  uri: string;
  entry_point: string;
  parameters: Record<string, string>;
  version: string;
  env_manager: string;
  experiment: string;
  run_name: string;
}

/** A run, a proof or a sweep on the server. */
export interface IJob {
  id: string;
  kind: 'run' | 'proof' | 'sweep';
  title: string;
  status: JobStatus;
  started: number;
  ended: number | null;
  request: IRunRequest;
  command: string;
  items: IJobItem[];
  parent: string | null;
  verdict: IVerdict | null;
  message: string | null;
  tail: string[];
  advice: string[];
  step: string;
  /** Id of the store that its runs are in. */
  store: string;
}

/** What starts a job. */
export interface IJobRequest extends Partial<IRunRequest> {
  uri: string;
  kind: IJob['kind'];
  title?: string;
  notebook?: string;
  kernel?: string | null;
  kernel_name?: string | null;
  rows?: Record<string, string>[];
  at_once?: number;
}

/** A project in Git, looked at. */
export interface IFetched {
  commit: string;
  files: string[];
  texts: Record<string, string>;
}

/** The routes below `projects/`. Every method rejects with a `RunsError`. */
export interface IProjectsClient {
  managers(): Promise<{ managers: IManager[]; hosts: string[] }>;
  plan(request: IPlanRequest): Promise<IPlan>;
  export(request: IPlanRequest): Promise<{ folder: string; written: string[] }>;
  fetch(uri: string, version: string): Promise<IFetched>;
  /** The runs of a project in a store (null: the default one), with their models. */
  uses(uri: string, store: string | null): Promise<IDatasetUse[]>;
  jobs(): Promise<IJob[]>;
  start(request: IJobRequest): Promise<IJob>;
  job(id: string): Promise<IJob>;
  end(id: string): Promise<void>;
  log(id: string, offset: number): Promise<{ text: string; next: number }>;
}

/** What the views need of the application around them. */
export interface IProjectHost {
  client: IProjectsClient;
  contents: Contents.IManager;
  copy(text: string): void;
  /** Opens a file; with the text editor where `asText` is true. */
  open(path: string, asText?: boolean): void;
  /** Shows a run in the runs panel. */
  openRun(runId: string, store?: string | null): void;
  /** Shows a model of a run. */
  openModel(uri: string, runId: string, store: string | null): void;
  /** Shows a cell of a notebook. */
  goToCell(path: string, cellId: string | null, cell: number): void;
}
