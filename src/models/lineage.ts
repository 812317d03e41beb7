import type { IRunDetail } from '../client/tokens';
import type { ModelView } from './model';
import type { IVersion } from './registry';
import type { IDatasetUse } from './tokens';

/** Tag of all runs that a job has made. */
const JOB_TAG = 'cellruns.job';

/** The project a run was started from, as MLflow's tags tell. */
export interface IProjectLink {
  /** Folder below Jupyter's root, a Git URL, or another place. */
  uri: string;
  /** The folder below Jupyter's root, once the server has told; null elsewhere. */
  folder?: string | null;
  entryPoint: string | null;
  commit: string | null;
}

/** Where a model comes from and where it went: run, cell, datasets, project, registered versions. */
export class Lineage {
  constructor(
    private _view: ModelView,
    private _changed: () => void
  ) {}

  run: IRunDetail | null = null;
  /** Why the run is not shown. */
  runError: string | null = null;
  versions: IVersion[] = [];
  /** Id of the store that the versions are in. */
  store: string | null = null;
  /** Uses of a dataset, by name and digest, once asked for. */
  readonly uses = new Map<string, IDatasetUse[] | 'asking' | Error>();
  /** Address of the store, for terminals; null before it is known. */
  trackingURI: string | null = null;

  async load(): Promise<void> {
    const { host, runId, modelId, source } = this._view;
    const key = `${runId} ${modelId}`;
    if (key === this._key) {
      return;
    }
    this._key = key;
    this.store = this._view.store;
    const { client } = host;
    if (source?.stored) {
      void client
        .trackingURI(source.stored.store)
        .then(uri => {
          this.trackingURI = uri;
          this._changed();
        })
        .catch(() => undefined);
    }
    if (runId) {
      try {
        this.run = await client.run(runId, this._view.store);
        this.runError = null;
      } catch (error) {
        this.run = null;
        this.runError = error instanceof Error ? error.message : String(error);
      }
      this._changed();
      void this._askProject();
    }
    // A model that the store does not know has no versions there.
    if (this.run || source?.stored) {
      await this.loadVersions();
    }
  }

  /** Ask again which versions there are. */
  async loadVersions(): Promise<void> {
    const { host, runId, modelId, store } = this._view;
    try {
      const found = await host.client.versions(
        this.run ? runId : null,
        modelId,
        store
      );
      this.versions = found.versions;
      this.store = found.store;
    } catch {
      // A store without a registry has no versions to show.
      this.versions = [];
    }
    this._changed();
  }

  /** Look for the runs and models that read a dataset. */
  async ask(name: string, digest: string): Promise<void> {
    const key = `${name} ${digest}`;
    if (this.uses.has(key)) {
      this.uses.delete(key);
      this._changed();
      return;
    }
    this.uses.set(key, 'asking');
    this._changed();
    try {
      const { runs } = await this._view.host.client.datasetUses(
        name,
        digest,
        this._view.runId,
        this._view.store
      );
      this.uses.set(key, runs);
    } catch (error) {
      this.uses.set(
        key,
        error instanceof Error ? error : new Error(String(error))
      );
    }
    this._changed();
  }

  /** The project of the run, where it was started as one. */
  project: IProjectLink | null = null;

  private async _askProject(): Promise<void> {
    const tags = this.run?.tags ?? {};
    this.project = projectOf(tags);
    const job = tags[JOB_TAG];
    if (!this.project && !job) {
      return;
    }
    const { host, store } = this._view;
    try {
      const { uri, folder } = await host.client.projectUses(
        this.project ? { uri: this.project.uri } : { job },
        store ?? this.store
      );
      if (this.project) {
        this.project = { ...this.project, folder };
      } else if (uri) {
        this.project = { uri, folder, entryPoint: null, commit: null };
      }
    } catch {
      // The address is shown as the run has it.
    }
    this._changed();
  }

  private _key = '';
}

/** The project that a run's tags tell of (mlflow/utils/mlflow_tags.py). */
export function projectOf(tags: Record<string, string>): IProjectLink | null {
  const asked = requested(tags['cellruns.project']);
  if (asked) {
    return asked;
  }
  const uri =
    tags['mlflow.source.type'] === 'PROJECT' ||
    tags['mlflow.project.entryPoint']
      ? (tags['mlflow.source.name'] ?? tags['mlflow.source.git.repoURL'])
      : undefined;
  return uri === undefined
    ? null
    : {
        uri,
        entryPoint: tags['mlflow.project.entryPoint'] ?? null,
        commit: tags['mlflow.source.git.commit'] ?? null
      };
}

/** What Cellruns itself was asked to run, kept on the run as JSON. */
function requested(text: string | undefined): IProjectLink | null {
  try {
    const value = JSON.parse(text ?? 'null') as Record<string, unknown> | null;
    return typeof value?.uri === 'string' && value.uri
      ? {
          uri: value.uri,
          entryPoint:
            typeof value.entry_point === 'string' ? value.entry_point : null,
          commit: typeof value.version === 'string' ? value.version : null
        }
      : null;
  } catch {
    return null;
  }
}
