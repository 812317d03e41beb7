/** Why a request failed: words of the server, and those that only the browser can tell. */
export type RunsErrorCode =
  | 'server_missing'
  | 'version_mismatch'
  | 'offline'
  | 'forbidden'
  | 'aborted'
  | 'too_large'
  | 'bad_answer'
  | (string & {});

/** What a failed request of the Cellruns client rejects with: what happened, and what to do. */
export class RunsError extends Error {
  constructor(options: RunsError.IOptions) {
    super(options.message);
    this.name = 'RunsError';
    this.hint = options.hint ?? '';
    this.code = options.code;
    this.status = options.status ?? 0;
    this.span = options.span ?? null;
  }

  /** What to do about it, or an empty string. */
  readonly hint: string;
  /** Short word to switch on. */
  readonly code: RunsErrorCode;
  /** HTTP status, 0 where no answer came. */
  readonly status: number;
  /** Characters of the text in question that are wrong, from and up to, or null. */
  readonly span: readonly [number, number] | null;
}

export namespace RunsError {
  export interface IOptions {
    message: string;
    hint?: string;
    code: RunsErrorCode;
    status?: number;
    span?: readonly [number, number];
  }

  /** Any thrown thing as a `RunsError`. */
  export function from(reason: unknown): RunsError {
    if (reason instanceof RunsError) {
      return reason;
    }
    const message = reason instanceof Error ? reason.message : String(reason);
    return new RunsError({ message, code: 'unexpected' });
  }
}
