import { Signal, type ISignal } from '@lumino/signaling';
import type { IDisposable } from '@lumino/disposable';
import type { ITrans } from '../text';
import { DescriptorError, INotice } from '../yaml/tree';
import { warningsOf } from './check';
import {
  CommandError,
  commandLine,
  findEntryPoint,
  mlflowRun
} from './command';
import { editMLproject } from './edit';
import type { IDatasetUse } from '../models/tokens';
import { JobsModel } from './jobs-model';
import {
  IEntryPoint,
  IParameter,
  IProject,
  parseMLproject,
  withoutMLproject
} from './mlproject';
import { IJobRequest, IManager, IProjectHost } from './tokens';
import { asPythonPrints, checkValue, sweepValues } from './values';

/** A model that a run of the project has logged. */
export interface IProjectModel {
  id: string;
  run: IDatasetUse;
  /** Id of the store; null: the default one. */
  store: string | null;
}

/** Most runs of one sweep; the server has the same limit. */
export const MAX_SWEEP = 500;

/** State of a project view: the file, the form, and the jobs of this project. */
export class ProjectModel implements IDisposable {
  constructor(
    readonly host: IProjectHost,
    readonly trans: ITrans
  ) {
    this.jobs = new JobsModel(host.client, job =>
      this._isMine(job.request.uri)
    );
    this.jobs.changed.connect(() => {
      this._emit();
      void this._findModels();
    });
    void host.client
      .managers()
      .then(({ managers }) => {
        this.managers = managers;
        this._emit();
      })
      .catch(() => undefined);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  readonly jobs: JobsModel;
  /** Models that runs of this project have logged, the newest first. */
  models: IProjectModel[] = [];
  /** Done before a run is started: the file is saved. */
  beforeRun: () => Promise<void> = () => Promise.resolve();
  /** What `mlflow run` gets: a folder of the server, or a Git address. */
  uri = '';
  version = '';
  text = '';
  project: IProject | null = null;
  error: DescriptorError | null = null;
  warnings: INotice[] = [];
  managers: IManager[] = [];
  /** Whether the folder holds a `uv.lock`, which MLflow restores by the manager uv whatever the file names. */
  hasLock = false;
  manager = '';
  experiment = '';
  entryName = 'main';
  isSweep = false;
  /** Every combination of the fields' values, or the first of each, the second of each, and so on. */
  sweepKind: 'grid' | 'list' = 'grid';
  atOnce = 1;
  startError: string | null = null;
  isStarting = false;
  /** Texts of the form by parameter; what is missing is the default. */
  readonly given = new Map<string, string>();

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this.jobs.dispose();
    Signal.clearData(this);
  }

  /** Shows the MLproject of a place; null: there is none, scripts are entry points. */
  setText(
    uri: string,
    fileName: string,
    text: string | null,
    files: readonly string[] | null
  ): void {
    const isNew = uri !== this.uri;
    this.uri = uri;
    this.text = text ?? '';
    this.hasLock = files?.includes('uv.lock') ?? false;
    const folder = files && {
      has: (path: string) => path.includes('/') || files.includes(path)
    };
    try {
      this.project =
        text === null
          ? withoutMLproject(folder ?? { has: () => false })
          : parseMLproject(text, this.trans, folder);
      this.warnings =
        text === null ? [] : warningsOf(this.project, fileName, this.trans);
      this.error = null;
    } catch (error) {
      this.error =
        error instanceof DescriptorError
          ? error
          : new DescriptorError(String(error), { line: 1, column: 1 }, '');
    }
    if (isNew) {
      this.given.clear();
      void this.jobs.wake();
    }
    const names = this.project?.entryPoints.map(entry => entry.name) ?? [];
    this.scripts = (files ?? []).filter(path => /\.(py|sh|R)$/.test(path));
    if (![...names, ...this.scripts].includes(this.entryName)) {
      this.entryName = names.includes('main')
        ? 'main'
        : (names[0] ?? this.scripts[0] ?? 'main');
    }
    if (!this.manager) {
      this.manager =
        this.project?.environment.kind === 'docker' ? 'docker' : '';
    }
    this._emit();
  }

  /** Scripts that MLflow would run as entry points. */
  scripts: string[] = [];

  get entry(): IEntryPoint | null {
    try {
      return this.project
        ? findEntryPoint(this.project, this.entryName, 'bash', this.trans)
        : null;
    } catch {
      return null;
    }
  }

  choose(
    values: Partial<
      Pick<
        ProjectModel,
        | 'entryName'
        | 'manager'
        | 'experiment'
        | 'isSweep'
        | 'sweepKind'
        | 'atOnce'
      >
    >
  ): void {
    Object.assign(this, values);
    this.startError = null;
    this._emit();
  }

  give(name: string, value: string): void {
    this.given.set(name, value);
    this.startError = null;
    this._emit();
  }

  /** Text of the field of a parameter. */
  valueOf(parameter: IParameter): string {
    return this.given.get(parameter.name) ?? parameter.default ?? '';
  }

  /** Why a field can't be used, or null. */
  problemOf(parameter: IParameter): string | null {
    const value = this.valueOf(parameter);
    const values =
      this.isSweep && value !== parameter.default
        ? sweepValues(parameter.type, value)
        : [value];
    if (values.length === 0) {
      return checkValue(parameter, '', this.trans);
    }
    return (
      values
        .map(one => checkValue(parameter, one, this.trans))
        .find(problem => problem !== null) ?? null
    );
  }

  /** Parameters of each run: one row, or those of a sweep. None where the fields of a list differ in length. */
  get rows(): Map<string, string>[] {
    const fields: [string, string[]][] = [];
    for (const parameter of this.entry?.parameters ?? []) {
      const value = this.valueOf(parameter);
      if (value !== parameter.default) {
        fields.push([
          parameter.name,
          this.isSweep
            ? sweepValues(parameter.type, value)
            : [asPythonPrints(parameter.type, value)]
        ]);
      }
    }
    if (this.isSweep && this.sweepKind === 'list') {
      const count = Math.max(1, ...fields.map(([, values]) => values.length));
      if (fields.some(([, { length }]) => length !== 1 && length !== count)) {
        return [];
      }
      return Array.from(
        { length: count },
        (_, i) =>
          new Map(
            fields.map(([name, values]) => [name, values[i] ?? values[0]])
          )
      );
    }
    let rows = [new Map<string, string>()];
    for (const [name, values] of fields) {
      rows = rows.flatMap(row =>
        values.map(one => new Map([...row, [name, one]]))
      );
    }
    return rows;
  }

  get isValid(): boolean {
    const { entry } = this;
    const rows = this.rows.length;
    return (
      this.error === null &&
      entry !== null &&
      entry.command !== null &&
      rows > 0 &&
      rows <= MAX_SWEEP &&
      entry.parameters.every(parameter => this.problemOf(parameter) === null)
    );
  }

  /** The command that `mlflow run` starts, and the `mlflow run` itself; the first of a sweep. */
  get preview(): { inner: string; outer: string } {
    const { entry } = this;
    const row = this.rows[0] ?? new Map<string, string>();
    const outer = mlflowRun({
      uri: this.uri || '.',
      entryPoint: this.entryName,
      parameters: row,
      version: this.version,
      manager: this.manager,
      experiment: this.experiment
    });
    try {
      return {
        outer,
        inner: entry ? commandLine(entry, row, { trans: this.trans }) : ''
      };
    } catch (error) {
      return {
        outer,
        inner: error instanceof CommandError ? error.message : String(error)
      };
    }
  }

  /** Starts what the form says. */
  async run(): Promise<void> {
    const rows = this.rows.map(row => Object.fromEntries(row));
    const request: IJobRequest = {
      kind: this.isSweep && rows.length > 1 ? 'sweep' : 'run',
      uri: this.uri,
      version: this.version,
      entry_point: this.entryName,
      parameters: rows.length === 1 ? rows[0] : {},
      rows: rows.length === 1 ? undefined : rows,
      at_once: this.atOnce,
      env_manager: this.manager,
      experiment: this.experiment
    };
    this.isStarting = true;
    this.startError = null;
    this._emit();
    try {
      await this.beforeRun();
      const job = await this.host.client.start(request);
      await this.jobs.wake();
      if (this.jobs.open !== job.id) {
        await this.jobs.toggle(job.id);
      }
    } catch (error) {
      const hint = (error as { hint?: string }).hint ?? '';
      this.startError =
        error instanceof Error ? `${error.message} ${hint}` : String(error);
    }
    this.isStarting = false;
    this._emit();
  }

  /** The text with the values of the form as defaults; comments and order stay. */
  withDefaults(): string {
    return editMLproject(
      this.text,
      (this.entry?.parameters ?? [])
        .filter(
          parameter =>
            this.given.has(parameter.name) &&
            this.valueOf(parameter) !== parameter.default
        )
        .map(parameter => ({
          kind: 'set' as const,
          path: [
            'entry_points',
            this.entryName,
            'parameters',
            parameter.name,
            'default'
          ],
          value: typed(
            parameter,
            asPythonPrints(parameter.type, this.valueOf(parameter))
          )
        }))
    );
  }

  /** Looks for models where a job has ended, and once at first; in all stores that jobs have written to. */
  private async _findModels(): Promise<void> {
    const { uri } = this;
    const ended = this.jobs.jobs.filter(job => job.ended !== null);
    const key = [uri, ...ended.map(job => job.id)].join(' ');
    if (!uri || key === this._looked) {
      return;
    }
    this._looked = key;
    const stores = new Set([null, ...ended.map(job => job.store || null)]);
    const found = new Map<string, IProjectModel>();
    for (const store of stores) {
      try {
        for (const run of await this.host.client.uses(uri, store)) {
          for (const id of run.models) {
            const known = found.get(id);
            found.set(id, { id, run, store: known?.store ?? store });
          }
        }
      } catch {
        // A store that is away has nothing to show now.
      }
    }
    if (key === this._looked && !this._isDisposed) {
      this.models = [...found.values()].sort(
        (a, b) => (b.run.start_time ?? 0) - (a.run.start_time ?? 0)
      );
      this._emit();
    }
  }

  private _isMine(uri: string): boolean {
    return (
      uri === this.uri ||
      (this.uri !== '' &&
        !this.uri.includes(':') &&
        uri.endsWith(`/${this.uri}`))
    );
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _isDisposed = false;
  private _looked = '';
}

/** A number where the text is one that YAML and Python write alike. */
function typed(parameter: IParameter, value: string): string | number {
  const isNumber =
    /^(float|int|double|integer|number)$/i.test(parameter.type) &&
    String(Number(value)) === value;
  return isNumber ? Number(value) : value;
}
