import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { freePort, ROOT } from './lab';

/** Fill a folder with the benchmarks' store (benchmarks/_data.py), of so many runs. */
export function makeSample(folder: string, runs: number, points = 500): void {
  execFileSync('python', [
    path.join(ROOT, 'benchmarks/_data.py'),
    folder,
    '--runs',
    String(runs),
    '--points',
    String(points)
  ]);
}

/** A plain `mlflow server` on a folder, with the mlflow.db and mlartifacts there. */
export class TrackingServer {
  url = '';
  private _port = 0;
  private _process: ChildProcess | null = null;

  /** Start it and wait until it answers; again on its own port, where it was stopped. */
  async start(
    folder: string,
    options: {
      python?: string;
      args?: string[];
      env?: Record<string, string | undefined>;
    } = {}
  ): Promise<this> {
    fs.mkdirSync(folder, { recursive: true });
    const port = (this._port ||= await freePort());
    this.url = `http://127.0.0.1:${port}`;
    const log = fs.openSync(path.join(folder, 'mlflow.log'), 'a');
    this._process = spawn(
      options.python ?? 'python',
      [
        ...['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--workers', '1'],
        ...(options.args ?? []),
        ...['--port', String(port)],
        ...['--backend-store-uri', `sqlite:///${folder}/mlflow.db`],
        ...['--artifacts-destination', `${folder}/mlartifacts`]
      ],
      {
        cwd: folder,
        detached: true,
        stdio: ['ignore', log, log],
        env: {
          ...process.env,
          MLFLOW_DISABLE_TELEMETRY: 'true',
          MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
          ...options.env
        }
      }
    );
    for (let i = 0; i < 360; i++) {
      try {
        if ((await fetch(`${this.url}/health`)).ok) {
          return this;
        }
      } catch {
        // Not listening yet.
      }
      await new Promise(resolve => setTimeout(resolve, 250));
    }
    throw new Error('mlflow server did not start');
  }

  /** Take it away at once. */
  stop(): void {
    const pid = this._process?.pid;
    this._process = null;
    if (pid !== undefined) {
      try {
        // It has worker processes: all of its session.
        process.kill(-pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
  }
}
