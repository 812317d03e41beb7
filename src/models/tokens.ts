import { Contents } from '@jupyterlab/services';
import { ISignal } from '@lumino/signaling';
import { IKernelEnvironment, IWanted } from './verdict';

/** A kernel to judge a model for: a running one, or a kernelspec. */
export interface IKernelChoice {
  /** Id of a running kernel; null for a kernelspec. */
  id: string | null;
  /** Name of the kernelspec. */
  name: string;
  label: string;
}

/** Asks the server what the environment of a kernel holds. */
export interface IModelsClient {
  check(
    kernel: IKernelChoice,
    requirements: IWanted[],
    fresh: boolean
  ): Promise<IKernelEnvironment>;
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
  /** Another notebook is in use; null where there are no notebooks. */
  notebookChanged: ISignal<unknown, unknown> | null;
  /** Folder of the notebook in use, from which its code sees files; null where none is open. */
  notebookFolder(): string | null;
}
