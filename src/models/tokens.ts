import type { Contents } from '@jupyterlab/services';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { IRunDetail, IStoreState } from '../client/tokens';
import type { IServer, ITry, ITryOptions } from './jobs';
import type { IVersion } from './registry';
import type { ModelAddress } from './source';
import type { IKernelEnvironment, IWanted } from './verdict';

/** A kernel to judge a model for: a running one, or a kernelspec. */
export interface IKernelChoice {
  /** Id of a running kernel; null for a kernelspec. */
  id: string | null;
  /** Name of the kernelspec. */
  name: string;
  label: string;
}

/** A model in the store, as `GET models/files` tells of it. */
export interface IStoredModel {
  uri: string;
  label: string;
  /** Id of the store. */
  store: string;
  run_id: string | null;
  /** Folder among the run's artifacts; null for a logged model. */
  path: string | null;
  model_id: string | null;
  /** Registered model and version, where the URI names one. */
  name: string | null;
  version: string | null;
  artifact_uri: string | null;
  /** The folder where it lies on the server's disk: below Jupyter's root, or absolute; null elsewhere. */
  local_path: string | null;
  files: { path: string; is_dir: boolean; file_size: number | null }[];
  is_cut: boolean;
}

/** A run that read a dataset, with the models it logged. */
export interface IDatasetUse {
  run_id: string;
  name: string;
  experiment_id: string;
  start_time: number | null;
  models: string[];
}

/** A project and what it has made, as `GET projects/uses` tells. */
export interface IProjectUses {
  /** The whole address; null where a job has run none. */
  uri: string | null;
  /** Folder below Jupyter's root; null elsewhere. */
  folder: string | null;
  runs: IDatasetUse[];
  is_cut: boolean;
}

/** A model of a store: its URI, and where several stores are in use a run of that store, or its id. */
export interface IStoredAddress {
  uri: string;
  run?: string;
  store?: string;
}

/** The routes below `models/`, and those of lineage. */
export interface IModelsClient {
  /** Ask the server what the environment of a kernel holds. */
  check(
    kernel: IKernelChoice,
    requirements: IWanted[],
    fresh: boolean
  ): Promise<IKernelEnvironment>;
  /** Let the server look at the environment of a kernel, which a check is about to ask for. */
  warm(kernel: IKernelChoice): Promise<void>;
  files(model: IStoredAddress): Promise<IStoredModel>;
  /** The first bytes of a file of a stored model, as text. */
  content(model: IStoredAddress, path: string, limit: number): Promise<string>;
  contentUrl(model: IStoredAddress, path: string): string;
  startTry(
    model: ModelAddress,
    kernel: IKernelChoice,
    options: ITryOptions
  ): Promise<ITry>;
  /** The try, when there is news. */
  watchTry(id: string): Promise<ITry>;
  cancelTry(id: string): Promise<ITry>;
  servers(): Promise<IServer[]>;
  startServer(model: ModelAddress, kernel: IKernelChoice): Promise<IServer>;
  server(id: string): Promise<IServer>;
  stopServer(id: string): Promise<IServer>;
  invoke(
    id: string,
    body: string
  ): Promise<{
    status: number;
    content_type: string;
    text: string;
    ms: number;
  }>;
  run(runId: string, store?: string | null): Promise<IRunDetail>;
  /** Registered versions of a run's models, of a logged model, or both, and the store they are in. */
  versions(
    run: string | null,
    model: string | null,
    store?: string | null
  ): Promise<{ versions: IVersion[]; store: string }>;
  datasetUses(
    name: string,
    digest: string,
    run?: string | null,
    store?: string | null
  ): Promise<{ runs: IDatasetUse[]; is_cut: boolean }>;
  /** The project of an address or of a job: where it lies below Jupyter's root, and its runs. */
  projectUses(
    project: { uri: string } | { job: string },
    store?: string | null
  ): Promise<IProjectUses>;
  /** Make a version of a stored model. */
  register(
    model: IStoredAddress,
    name: string,
    description: string
  ): Promise<IVersion>;
  /** Names of registered models that contain a text, in the store of a model. */
  registeredNames(text: string, near: IStoredAddress): Promise<string[]>;
  /** The store that the next runs of a notebook go to. */
  storeOfNotebook(path: string): Promise<IStoreState>;
  /** Address of a store, for terminals. */
  trackingURI(store: string): Promise<string>;
}

/** What the model view needs of the application around it. */
export interface IModelHost {
  contents: Contents.IManager;
  client: IModelsClient;
  /** Kernels to choose from, the most likely one first. */
  kernels(): Promise<IKernelChoice[]>;
  /** Puts code into the notebook in use, at the cursor; null where no notebook is open. */
  insert: ((code: string) => Promise<void>) | null;
  /** Types a command into a new terminal, in a folder; null where there are no terminals. */
  terminal: ((code: string, folder: string) => Promise<void>) | null;
  copy(text: string): void;
  /** Opens a file with the text editor. */
  edit(path: string): void;
  /** Runs a command of the application, where it is there. */
  execute(command: string, args: ReadonlyPartialJSONObject): void;
  has(command: string): boolean;
  /** Asks the user whether the code of a model may run; remembered for that model. */
  allowsCode(model: ModelAddress, uuid: string | null): Promise<boolean>;
  /** Another notebook is in use; null where there are no notebooks. */
  notebookChanged: ISignal<unknown, unknown> | null;
  /** Path of the notebook in use; null where none is open. */
  notebookPath(): string | null;
  /** Folder of the notebook in use, from which its code sees files; null where none is open. */
  notebookFolder(): string | null;
}

/** Commands that lead from a model to what it came from. */
export namespace LinkCommands {
  export const openModel = 'cellruns:open-model';
  export const openRegistry = 'cellruns:open-model-registry';
  export const openProjects = 'cellruns:open-projects';
  export const openRun = 'cellruns:open-run';
  export const goToCell = 'cellruns:go-to-cell';
  export const openDocument = 'docmanager:open';
}
