import { PathExt } from '@jupyterlab/coreutils';
import type { Contents } from '@jupyterlab/services';

import { IModelFolder, listFolder, readText } from './folder';
import { relativePath } from './paths';
import type { IModelsClient, IStoredModel } from './tokens';
import { atLeast } from './version';

/** How the server's routes name a model: a folder below Jupyter's root, or a URI of the store. */
export type ModelAddress =
  | { path: string }
  | {
      uri: string;
      /** A run of the store that the model is in, where several stores are in use. */
      run?: string;
      /** Id of that store, where it is known. */
      store?: string;
    };

/** Where a model lies: lists and reads its small files, and says how code names it. */
export interface IModelSource {
  readonly address: ModelAddress;
  /** The model's folder below Jupyter's root; null where it lies elsewhere. */
  readonly root: string | null;
  /** Name for people. */
  readonly label: string;
  /** What the store says of a stored model; null for a folder, and before `list`. */
  readonly stored: IStoredModel | null;
  list(): Promise<IModelFolder>;
  /** Text of a file, or null where it is absent or larger than `limit` bytes. */
  text(
    folder: IModelFolder | null,
    path: string,
    limit: number
  ): Promise<string | null>;
  /** Path or URI for code that runs in a folder, with an MLflow of a version. */
  uri(from: string, mlflow: string | null): string;
  /** URL of a file's bytes; null where the application opens it itself. */
  url(path: string): string | null;
}

/** A folder that Jupyter's file browser shows. */
export class FolderSource implements IModelSource {
  constructor(
    private _contents: Contents.IManager,
    readonly root: string
  ) {}

  get address(): ModelAddress {
    return { path: this.root };
  }

  get label(): string {
    return PathExt.basename(this.root);
  }

  readonly stored = null;

  list(): Promise<IModelFolder> {
    return listFolder(this._contents, this.root);
  }

  text(
    folder: IModelFolder | null,
    path: string,
    limit: number
  ): Promise<string | null> {
    return folder
      ? readText(this._contents, this.root, folder, path, limit)
      : Promise.resolve(null);
  }

  uri(from: string): string {
    return relativePath(from, this.root);
  }

  url(): null {
    return null;
  }
}

/** A model in the tracking store: among a run's artifacts, a logged model, or a registered version. */
export class StoredSource implements IModelSource {
  constructor(
    private _client: IModelsClient,
    private _uri: string,
    private _run: string | null = null,
    private _store: string | null = null
  ) {}

  get address(): { uri: string; run?: string; store?: string } {
    return {
      uri: this._uri,
      ...(this._run ? { run: this._run } : {}),
      ...(this._store ? { store: this._store } : {})
    };
  }

  get root(): string | null {
    const path = this._stored?.local_path ?? null;
    return path === null || path.startsWith('/') ? null : path;
  }

  get label(): string {
    return this._stored?.label ?? this._uri.replace(/^.*:\/+/, '');
  }

  get stored(): IStoredModel | null {
    return this._stored;
  }

  async list(): Promise<IModelFolder> {
    const answer = await this._client.files(this.address);
    this._stored = answer;
    const parts = answer.files.map(file => ({
      path: file.path,
      isDirectory: file.is_dir,
      size: file.file_size
    }));
    return {
      parts,
      size: parts.reduce((sum, part) => sum + (part.size ?? 0), 0),
      isCut: answer.is_cut
    };
  }

  text(
    folder: IModelFolder | null,
    path: string,
    limit: number
  ): Promise<string | null> {
    const part = folder?.parts.find(item => item.path === path);
    if (folder && (!part || (part.size ?? 0) > limit)) {
      return Promise.resolve(null);
    }
    return this._client.content(this.address, path, limit);
  }

  uri(_from: string, mlflow: string | null): string {
    // MLflow before 3 knows no logged models; the place of their files it can read.
    const { model_id, artifact_uri } = this._stored ?? {};
    return model_id &&
      artifact_uri &&
      mlflow &&
      !atLeast(mlflow, '3.0.0') &&
      /^models:\/+m-/.test(this._uri)
      ? artifact_uri
      : this._uri;
  }

  url(path: string): string {
    return this._client.contentUrl(this.address, path);
  }

  private _stored: IStoredModel | null = null;
}
