/** A store as far as a push is concerned; see docs/http-api.md. */
export interface IStoreChoice {
  id: string;
  kind: string;
  label: string;
  location: string;
  state: string;
  message: string | null;
  /** Shown, and never written to. */
  read_only?: boolean;
}

/** One run of a push. */
export interface IPushRun {
  run_id: string;
  name: string;
  /** False for a parent that came along. */
  asked: boolean;
  state: 'waiting' | 'running' | 'done' | 'failed';
  step: '' | 'run' | 'params' | 'models' | 'metrics' | 'artifacts' | 'end';
  remote_run_id: string | null;
  /** The copy was made by this push. */
  made: boolean;
  points_sent: number;
  points_total: number;
  files_sent: number;
  bytes_sent: number;
  notices: string[];
  error: { message: string; hint: string | null } | null;
}

/** A push as the server tells of it. */
export interface IPush {
  id: string;
  source: string;
  target: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  error: { message: string; hint: string | null } | null;
  runs: IPushRun[];
}

/** What to push where. */
export interface IPushRequest {
  run_ids: readonly string[];
  /** Id of the store to push to. */
  store: string;
  /** Id of the store that the runs are in; the server knows it of runs of living kernels. */
  from?: string;
  /** Child runs come along. */
  children: boolean;
}

/** The routes of pushes. */
export interface IPushClient {
  stores(): Promise<IStoreChoice[]>;
  start(request: IPushRequest): Promise<IPush>;
  get(id: string): Promise<IPush>;
  cancel(id: string): Promise<IPush>;
}
