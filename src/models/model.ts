import { PathExt } from '@jupyterlab/coreutils';
import { IDisposable } from '@lumino/disposable';
import type { IStoreState } from '../client/tokens';
import { ISignal, Signal } from '@lumino/signaling';
import {
  IEnvironment,
  parseCondaEnv,
  parsePythonEnv,
  parseRequirements
} from './environment';
import { Example, parseExample } from './example';
import { IModelFolder } from './folder';
import { IModelFile, parseMLmodel } from './mlmodel';
import { Lineage } from './lineage';
import { ServeModel } from './serveModel';
import { FolderSource, IModelSource } from './source';
import { ITrans } from '../text';
import { TryModel } from './tryModel';
import { IKernelChoice, IModelHost } from './tokens';
import { IFlavorVerdict, IKernelEnvironment, judge, wantedBy } from './verdict';
import { DescriptorError } from '../yaml/tree';

/** An environment file, read or not. */
export interface IEnvironmentFile {
  path: string;
  environment: IEnvironment | null;
  error: string | null;
}

/** State of a model view: the parsed file, what lies beside it, and the verdict for a kernel. */
export class ModelView implements IDisposable {
  constructor(
    readonly host: IModelHost,
    readonly trans: ITrans
  ) {
    const changed = (): void => this._emit();
    this.tries = new TryModel(this, changed);
    this.serving = new ServeModel(this, changed);
    this.lineage = new Lineage(this, changed);
    host.notebookChanged?.connect(this._onNotebook, this);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  readonly tries: TryModel;
  readonly serving: ServeModel;
  readonly lineage: Lineage;

  /** Where the model lies; null before anything is shown. */
  source: IModelSource | null = null;
  /** Path of the MLmodel file; empty for a stored model. */
  path = '';
  text = '';
  file: IModelFile | null = null;
  error: DescriptorError | null = null;
  folder: IModelFolder | null = null;
  folderError: string | null = null;
  environments: IEnvironmentFile[] = [];
  example: Example | null = null;
  /** The example as it is written, and as a request to `/invocations` where the model has one. */
  exampleText: string | null = null;
  servingText: string | null = null;
  kernels: IKernelChoice[] = [];
  kernel: IKernelChoice | null = null;
  kernelEnvironment: IKernelEnvironment | null = null;
  verdicts: IFlavorVerdict[] | null = null;
  verdictError: string | null = null;

  /** The store that the next runs of the notebook in use go to, for a stored model. */
  notebookStore: IStoreState | null = null;

  /** Name of the model for people. */
  get label(): string {
    return this.source?.label ?? '';
  }

  /** Run that logged the model, as the file or the store says. */
  get runId(): string | null {
    return this.file?.runId ?? this.source?.stored?.run_id ?? null;
  }

  /** Id of the store that the model is in; null for a folder, and before it is known. */
  get store(): string | null {
    const { source } = this;
    return (
      source?.stored?.store ??
      (source && 'uri' in source.address ? source.address.store : null) ??
      null
    );
  }

  /** Id of the logged model of MLflow 3. */
  get modelId(): string | null {
    const id = this.source?.stored?.model_id ?? this.file?.modelId ?? null;
    return id?.startsWith('m-') ? id : null;
  }

  /** The environment that pip would install: requirements.txt, else the pip part of conda.yaml, else python_env. */
  get environment(): IEnvironment | null {
    const read = this.environments.filter(item => item.environment);
    const isPip = (item: IEnvironmentFile): boolean =>
      item.path.endsWith('.txt');
    return (
      (
        read.find(isPip) ??
        read.find(item => item.environment?.requirements.some(r => r.name)) ??
        read[0]
      )?.environment ?? null
    );
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this.tries.dispose();
    this.serving.dispose();
    Signal.clearData(this);
  }

  /** Shows a text; the folder is listed again only where the path changed. */
  async setText(path: string, text: string): Promise<void> {
    if (path === this.path && text === this.text && (this.file || this.error)) {
      return;
    }
    const isNewPlace = path !== this.path || !this.source;
    if (isNewPlace) {
      this.path = path;
      this.source = new FolderSource(this.host.contents, PathExt.dirname(path));
    }
    await this._take(text, isNewPlace);
  }

  /** Shows a model of the store; the MLmodel file and the list of files come side by side. */
  async open(source: IModelSource): Promise<void> {
    this.source = source;
    const listing = source.list();
    listing.catch(() => undefined);
    try {
      const text = await source.text(null, 'MLmodel', MLMODEL_LIMIT);
      this.loadError = null;
      await this._take(text ?? '', true, listing);
    } catch (error) {
      this.loadError = error instanceof Error ? error.message : String(error);
      this._emit();
    }
  }

  /** Why a stored model could not be read. */
  loadError: string | null = null;

  private async _take(
    text: string,
    isNewPlace: boolean,
    listing?: Promise<IModelFolder>
  ): Promise<void> {
    this.text = text;
    try {
      this.file = parseMLmodel(text, this.trans);
      this.error = null;
    } catch (error) {
      this.file = null;
      this.error =
        error instanceof DescriptorError
          ? error
          : new DescriptorError(
              String(error),
              { line: 1, column: 1 },
              this.trans.__('Open the file with the editor.')
            );
    }
    this._changed.emit();
    if (this.file) {
      const kernels = this.host.kernels();
      void kernels.then(list => this._warm(list[0])).catch(() => undefined);
      await this._readFolder(isNewPlace, listing);
      void this.lineage.load();
      void this.serving.find();
      void this._askStore();
      await this._choose(await kernels);
    }
  }

  /** Let the server look at the kernel's environment while the files are read. */
  private async _warm(kernel: IKernelChoice | undefined): Promise<void> {
    if (kernel && !this.kernelEnvironment) {
      await this.host.client.warm(kernel);
    }
  }

  /** Asks again which kernels there are; keeps the chosen one if it is still there. */
  async refreshKernels(): Promise<void> {
    await this._choose(await this.host.kernels());
  }

  private async _choose(kernels: IKernelChoice[]): Promise<void> {
    this.kernels = kernels;
    const same = this.kernels.find(
      item => item.id === this.kernel?.id && item.name === this.kernel?.name
    );
    await this.chooseKernel(same ?? this.kernels[0] ?? null, false);
  }

  /** Judges the model for a kernel. */
  async chooseKernel(
    kernel: IKernelChoice | null,
    fresh = true
  ): Promise<void> {
    this.kernel = kernel;
    const file = this.file;
    if (!kernel || !file || this._isDisposed) {
      return;
    }
    const round = ++this._round;
    try {
      const wanted = [
        ...wantedBy(file, this.environment, this.trans),
        ...this._listed()
      ];
      const answer = await this.host.client.check(kernel, wanted, fresh);
      if (round === this._round) {
        this.kernelEnvironment = answer;
        this.verdicts = judge(file, this.environment, answer, this.trans);
        this.verdictError = null;
      }
    } catch (error) {
      if (round === this._round) {
        this.kernelEnvironment = null;
        this.verdicts = null;
        this.verdictError =
          error instanceof Error ? error.message : String(error);
      }
    }
    this._emit();
  }

  /** What the other environment files list, so that their tables can be compared too. */
  private _listed(): {
    name: string;
    specifier: string;
    marker: string | null;
  }[] {
    return this.environments.flatMap(item =>
      (item.environment?.requirements ?? []).flatMap(r =>
        r.name
          ? [{ name: r.name, specifier: r.specifier, marker: r.marker }]
          : []
      )
    );
  }

  private async _readFolder(
    isNewPlace: boolean,
    listing?: Promise<IModelFolder>
  ): Promise<void> {
    const { source } = this;
    if (!source) {
      return;
    }
    try {
      if (isNewPlace || !this.folder) {
        this.folder = await (listing ?? source.list());
      }
      this.folderError = null;
    } catch (error) {
      this.folder = null;
      this.folderError = error instanceof Error ? error.message : String(error);
      this._emit();
      return;
    }
    const folder = this.folder;
    const names = new Set([
      ...Object.values(this.file?.environment ?? {}),
      ...FILES
    ]);
    const present = [...names].filter(name =>
      folder.parts.some(part => part.path === name)
    );
    const read = (path: string | null | undefined): Promise<string | null> =>
      path
        ? source.text(folder, path, EXAMPLE_LIMIT).catch(() => null)
        : Promise.resolve(null);
    const [environments, text, serving] = await Promise.all([
      Promise.all(
        present.map(name => this._readEnvironment(source, folder, name))
      ),
      read(this.file?.inputExample?.path),
      read(this.file?.inputExample?.servingPath)
    ]);
    this.environments = environments;
    this.exampleText = text;
    this.servingText = serving;
    this.example = text === null ? null : parseExample(text);
    this._emit();
  }

  private async _readEnvironment(
    source: IModelSource,
    folder: IModelFolder,
    path: string
  ): Promise<IEnvironmentFile> {
    try {
      const text = await source.text(folder, path, ENVIRONMENT_LIMIT);
      if (text === null) {
        return {
          path,
          environment: null,
          error: this.trans.__('The file is too large to show.')
        };
      }
      return {
        path,
        environment: parserOf(path, text)(text, this.trans),
        error: null
      };
    } catch (error) {
      const at =
        error instanceof DescriptorError
          ? `${error.position.line}:${error.position.column} `
          : '';
      return {
        path,
        environment: null,
        error: at + (error instanceof Error ? error.message : String(error))
      };
    }
  }

  private _onNotebook(): void {
    if (this.file && !this._isDisposed) {
      void this.refreshKernels();
      void this._askStore();
    }
  }

  /** Which store the code of the notebook in use sees. */
  private async _askStore(): Promise<void> {
    const path = this.host.notebookPath();
    if (!this.source?.stored || path === null) {
      this.notebookStore = null;
      return;
    }
    try {
      this.notebookStore = await this.host.client.storeOfNotebook(path);
    } catch {
      this.notebookStore = null;
    }
    this._emit();
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _isDisposed = false;
  private _round = 0;
}

const FILES = ['conda.yaml', 'python_env.yaml', 'requirements.txt'];
const MLMODEL_LIMIT = 1_000_001;
const ENVIRONMENT_LIMIT = 1_000_000;
const EXAMPLE_LIMIT = 2_000_000;

function parserOf(
  path: string,
  text: string
): (text: string, trans: ITrans) => IEnvironment {
  if (path.endsWith('.txt')) {
    return parseRequirements;
  }
  return /(^|\n)(python|build_dependencies)\s*:/.test(text)
    ? parsePythonEnv
    : parseCondaEnv;
}
