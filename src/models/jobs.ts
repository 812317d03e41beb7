import type { JSONValue } from '../yaml/json';

/** How far a try has come. */
export type TryPhase =
  'copy' | 'start' | 'import' | 'load' | 'input' | 'predict';

/** What came out of a model. */
export type ITryOutput =
  | {
      kind: 'table';
      /** Class of the value, with dtype and shape of an array. */
      type: string;
      columns: string[];
      columns_total: number;
      types: string[];
      rows: JSONValue[][];
      total: number;
    }
  | { kind: 'json'; type: string; text: string; is_cut: boolean };

/** The result of a try: the output, what was checked of it, and how long it took. */
export type ITryResult = ITryOutput & {
  /** Class and shape of the input. */
  given: string;
  checks: { ok: boolean; text: string }[];
  seconds: { load: number; predict: number };
};

/** One run of a model in a scratch process. */
export interface ITry {
  id: string;
  state: 'running' | 'done' | 'failed' | 'cancelled' | 'time' | 'memory';
  phase: TryPhase;
  seconds: number;
  /** Most bytes that were resident. */
  memory: number;
  mlflow: string | null;
  executable: string;
  log: string[];
  result: ITryResult | null;
  error: { error: string; where: string; trace: string } | null;
}

/** Bounds and input of a try. */
export interface ITryOptions {
  /** JSON text; null: the model's own example. */
  input: string | null;
  params: Record<string, JSONValue> | null;
  seconds: number;
  memoryMiB: number;
}

/** A model that `mlflow models serve` serves. */
export interface IServer {
  id: string;
  /** Folder or URI of the model. */
  model: string;
  /** Id of the store that a stored model is in. */
  store: string | null;
  state: 'copy' | 'starting' | 'ready' | 'failed' | 'stopped';
  port: number | null;
  message: string | null;
  executable: string;
  seconds: number;
  memory: number;
  log: string[];
}

/** Whether a server may still answer. */
export function isServing(server: IServer): boolean {
  return server.state !== 'failed' && server.state !== 'stopped';
}
