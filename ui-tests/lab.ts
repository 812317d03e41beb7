import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';

import type { Locator, Page } from '@playwright/test';

export const ROOT = path.resolve(__dirname, '..');

/** A real JupyterLab with Cellruns in a process of its own, on an empty root directory. */
export class Lab {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cellruns-'));
  readonly root = path.join(this.folder, 'root');
  readonly token = 'ui-tests';
  url = '';
  /** More environment of the server, for example MLFLOW_TRACKING_URI. */
  extraEnv: Record<string, string> = {};
  private _process: ChildProcess | null = null;

  /** Start it and wait until it answers. */
  async start(...options: string[]): Promise<this> {
    fs.mkdirSync(this.root, { recursive: true });
    const settings = path.join(
      this.folder,
      'config/lab/user-settings/@jupyterlab/apputils-extension'
    );
    fs.mkdirSync(settings, { recursive: true });
    fs.writeFileSync(
      path.join(settings, 'notification.jupyterlab-settings'),
      '{"fetchNews": "false"}'
    );
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    const log = fs.openSync(path.join(this.folder, 'lab.log'), 'a');
    const env = { ...process.env };
    for (const name of Object.keys(env)) {
      if (/^(MLFLOW_|CELLRUNS_KERNEL|JPY_)/.test(name)) {
        delete env[name];
      }
    }
    this._process = spawn(
      'jupyter',
      [
        'lab',
        '--no-browser',
        '--allow-root',
        `--port=${port}`,
        '--ServerApp.port_retries=0',
        `--IdentityProvider.token=${this.token}`,
        `--ServerApp.root_dir=${this.root}`,
        '--LabApp.expose_app_in_browser=True',
        ...options
      ],
      {
        cwd: this.root,
        stdio: ['ignore', log, log],
        env: {
          ...env,
          JUPYTER_CONFIG_DIR: path.join(this.folder, 'config'),
          JUPYTERLAB_SETTINGS_DIR: path.join(
            this.folder,
            'config/lab/user-settings'
          ),
          JUPYTERLAB_WORKSPACES_DIR: path.join(this.folder, 'workspaces'),
          JUPYTER_DATA_DIR: path.join(this.folder, 'data'),
          JUPYTER_RUNTIME_DIR: path.join(this.folder, 'runtime'),
          MLFLOW_DISABLE_TELEMETRY: 'true',
          ...this.extraEnv
        }
      }
    );
    for (let i = 0; i < 240; i++) {
      try {
        const answer = await fetch(`${this.url}/api?token=${this.token}`);
        if (answer.ok) {
          return this;
        }
      } catch {
        // Not listening yet.
      }
      await new Promise(resolve => setTimeout(resolve, 250));
    }
    throw new Error(`JupyterLab did not start:\n${this.log()}`);
  }

  /** What the server has logged. */
  log(): string {
    return fs.readFileSync(path.join(this.folder, 'lab.log'), 'utf8');
  }

  /** Stop the server and remove its folder. */
  async stop(): Promise<void> {
    const child = this._process;
    this._process = null;
    if (child && child.exitCode === null) {
      const ended = new Promise(resolve => child.once('exit', resolve));
      child.kill('SIGTERM');
      await Promise.race([ended, new Promise(r => setTimeout(r, 15_000))]);
      child.kill('SIGKILL');
    }
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Write a notebook of code cells; the ids are c0, c1, ... */
  notebook(name: string, ...cells: string[]): void {
    const notebook = {
      cells: cells.map((source, i) => ({
        cell_type: 'code',
        id: `c${i}`,
        metadata: {},
        source,
        outputs: [],
        execution_count: null
      })),
      metadata: {
        kernelspec: {
          name: 'python3',
          display_name: 'Python 3 (ipykernel)',
          language: 'python'
        }
      },
      nbformat: 4,
      nbformat_minor: 5
    };
    fs.writeFileSync(path.join(this.root, name), JSON.stringify(notebook));
  }

  /** Copy an example into the root. */
  example(name: string): void {
    fs.copyFileSync(
      path.join(ROOT, 'examples', name),
      path.join(this.root, name)
    );
  }

  /** The notebook file as it is saved. */
  saved(name: string): { cells: { id: string; outputs?: IOutput[] }[] } {
    return JSON.parse(
      fs.readFileSync(path.join(this.root, name), 'utf8')
    ) as ReturnType<Lab['saved']>;
  }

  /** Rows of mlflow.db, read by Python's own sqlite3. */
  rows(sql: string): unknown[][] {
    const code =
      'import json,sqlite3,sys; d=sqlite3.connect("file:"+sys.argv[1]+"?mode=ro",uri=True,timeout=20); print(json.dumps(d.execute(sys.argv[2]).fetchall()))';
    const file = path.join(this.root, 'mlflow.db');
    if (!fs.existsSync(file)) {
      return [];
    }
    const out = execFileSync('python', ['-c', code, file, sql]);
    return JSON.parse(out.toString()) as unknown[][];
  }

  /** Run plain Python in the root directory, without Jupyter. */
  python(code: string): string {
    const env = { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true' };
    return execFileSync('python', ['-c', code], {
      cwd: this.root,
      env
    }).toString();
  }

  /** Open a notebook in JupyterLab and wait for its kernel. */
  async open(page: Page, name: string): Promise<void> {
    await page.goto(`${this.url}/lab/tree/${name}?token=${this.token}&reset`);
    await this.ready(page);
  }

  /** Wait until a notebook and its kernel are there. */
  async ready(page: Page): Promise<void> {
    await page.locator('.jp-Notebook .jp-Cell').first().waitFor();
    await page
      .locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
      .waitFor({ state: 'attached', timeout: 60_000 })
      .catch(() => undefined);
  }

  /** Run a command of the application. */
  async command(page: Page, id: string, args: object = {}): Promise<void> {
    await page.evaluate(
      async ([name, options]) => {
        const { jupyterapp } = window as unknown as {
          jupyterapp: {
            restored: Promise<void>;
            commands: {
              execute(id: unknown, args: unknown): Promise<unknown>;
            };
          };
        };
        await jupyterapp.restored;
        void jupyterapp.commands.execute(name, options);
      },
      [id, args]
    );
  }

  /** Change to the dark theme, and wait until it is there. */
  async dark(page: Page): Promise<void> {
    await this.command(page, 'apputils:change-theme', {
      theme: 'JupyterLab Dark'
    });
    // The body has no height of its own, and so is never "visible".
    await page
      .locator('body[data-jp-theme-light="false"]')
      .waitFor({ state: 'attached' });
  }

  /** Start all cells of the notebook. */
  async runAll(page: Page): Promise<void> {
    await page.getByRole('button', { name: /^Cellruns: Ready/ }).waitFor();
    await this.command(page, 'notebook:run-all-cells');
  }

  /** Wait until no cell is waiting or running. */
  async idle(page: Page, timeout = 150_000): Promise<void> {
    await page.waitForFunction(
      () =>
        ![...document.querySelectorAll('.jp-InputPrompt')].some(prompt =>
          prompt.textContent?.includes('[*]')
        ) &&
        [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].some(
          prompt => /\[\d+\]/.test(prompt.textContent ?? '')
        ),
      undefined,
      { timeout }
    );
  }

  /** Save the notebook and wait until it is on disk. */
  async save(page: Page): Promise<void> {
    await this.command(page, 'docmanager:save');
    await page
      .locator('.jp-mod-dirty')
      .first()
      .waitFor({ state: 'detached' })
      .catch(() => undefined);
    await page.waitForTimeout(1000);
  }
}

export interface IOutput {
  output_type: string;
  data?: Record<string, unknown>;
}

export const CHART = 'application/vnd.cellruns.chart.v1+json';

/** Chart outputs of a page. */
export function charts(page: Page): Locator {
  return page.locator('.jp-Cellruns-inline');
}

/** The plots inside a chart, once they are drawn: not the icons around them. */
export function plots(chart: Locator): Locator {
  return chart.locator('.jp-Cellruns-canvas').locator('canvas, svg');
}

/** A picture: into docs/images when asked for, else among the results. */
export async function picture(
  target: Page | Locator,
  name: string
): Promise<void> {
  const folder = process.env.CELLRUNS_PICTURES
    ? path.join(ROOT, 'docs/images')
    : path.join(ROOT, 'ui-tests/test-results/pictures');
  fs.mkdirSync(folder, { recursive: true });
  await target.screenshot({ path: path.join(folder, `${name}.png`) });
}

/** A port that was free a moment ago; where from, and why there, says `free_port` in tests/lab.py. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    const isFree = await new Promise<boolean>(resolve => {
      const server = net.createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) {
      return port;
    }
  }
}
