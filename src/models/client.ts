import { URLExt } from '@jupyterlab/coreutils';

import { Http } from '../client/http';
import type { IRunDetail, IStatus, IStoreState } from '../client/tokens';
import type { IServer, ITry, ITryOptions } from './jobs';
import type { IRegisteredModel, IVersion } from './registry';
import type { ModelAddress } from './source';
import type {
  IDatasetUse,
  IKernelChoice,
  IModelsClient,
  IProjectUses,
  IStoredAddress,
  IStoredModel
} from './tokens';
import type { IKernelEnvironment, IWanted } from './verdict';

/** The routes below `models/`, and those of lineage. */
export class ModelsClient implements IModelsClient {
  constructor(
    private _http: Http,
    private _baseUrl: string
  ) {}

  check(
    kernel: IKernelChoice,
    requirements: IWanted[],
    fresh: boolean
  ): Promise<IKernelEnvironment> {
    return this._http.json({
      method: 'POST',
      path: 'models/check',
      data: { ...chosen(kernel), requirements, fresh }
    });
  }

  async warm(kernel: IKernelChoice): Promise<void> {
    await this.check(kernel, [], false);
  }

  files(model: IStoredAddress): Promise<IStoredModel> {
    return this._http.json({
      method: 'GET',
      path: 'models/files',
      params: { ...model }
    });
  }

  content(model: IStoredAddress, path: string, limit: number): Promise<string> {
    return this._http.text(
      { path: 'models/content', params: { ...model, path } },
      limit
    );
  }

  contentUrl(model: IStoredAddress, path: string): string {
    return (
      URLExt.join(this._baseUrl, 'models/content') +
      URLExt.objectToQueryString({ ...model, path, download: '1' })
    );
  }

  startTry(
    model: ModelAddress,
    kernel: IKernelChoice,
    options: ITryOptions
  ): Promise<ITry> {
    const { input, params, seconds, memoryMiB } = options;
    return this._http.json({
      method: 'POST',
      path: 'models/tries',
      params: placed(model),
      data: {
        ...model,
        ...chosen(kernel),
        input,
        params,
        seconds,
        memory_mib: memoryMiB
      }
    });
  }

  watchTry(id: string): Promise<ITry> {
    return this._http.json({
      method: 'GET',
      path: `models/tries/${id}`,
      params: { wait: '1' }
    });
  }

  cancelTry(id: string): Promise<ITry> {
    return this._http.json({ method: 'DELETE', path: `models/tries/${id}` });
  }

  async servers(): Promise<IServer[]> {
    const answer = await this._http.json<{ servers: IServer[] }>({
      method: 'GET',
      path: 'models/servers'
    });
    return answer.servers;
  }

  startServer(model: ModelAddress, kernel: IKernelChoice): Promise<IServer> {
    return this._http.json({
      method: 'POST',
      path: 'models/servers',
      params: placed(model),
      data: { ...model, ...chosen(kernel) }
    });
  }

  server(id: string): Promise<IServer> {
    return this._http.json({ method: 'GET', path: `models/servers/${id}` });
  }

  stopServer(id: string): Promise<IServer> {
    return this._http.json({ method: 'DELETE', path: `models/servers/${id}` });
  }

  invoke(
    id: string,
    body: string
  ): Promise<{
    status: number;
    content_type: string;
    text: string;
    ms: number;
  }> {
    return this._http.json({
      method: 'POST',
      path: `models/servers/${id}/invocations`,
      data: { body }
    });
  }

  run(runId: string, store: string | null = null): Promise<IRunDetail> {
    return this._http.json({
      method: 'GET',
      path: `runs/${encodeURIComponent(runId)}`,
      params: { store: store ?? undefined }
    });
  }

  versions(
    run: string | null,
    model: string | null,
    store: string | null = null
  ): Promise<{ versions: IVersion[]; store: string }> {
    return this._http.json({
      method: 'GET',
      path: 'registry/versions',
      params: {
        run: run ?? undefined,
        model: model ?? undefined,
        store: store ?? undefined
      }
    });
  }

  datasetUses(
    name: string,
    digest: string,
    run: string | null = null,
    store: string | null = null
  ): Promise<{ runs: IDatasetUse[]; is_cut: boolean }> {
    return this._http.json({
      method: 'GET',
      path: 'datasets/uses',
      params: {
        name,
        digest,
        run: run ?? undefined,
        store: store ?? undefined
      }
    });
  }

  projectUses(
    project: { uri: string } | { job: string },
    store: string | null = null
  ): Promise<IProjectUses> {
    return this._http.json({
      method: 'GET',
      path: 'projects/uses',
      params: { ...project, store: store ?? undefined }
    });
  }

  async register(
    model: IStoredAddress,
    name: string,
    description: string
  ): Promise<IVersion> {
    const answer = await this._http.json<{ model_version: IVersion }>({
      method: 'POST',
      path: 'registry/register',
      params: placed(model),
      data: { uri: model.uri, name, ...(description ? { description } : {}) }
    });
    return answer.model_version;
  }

  async registeredNames(text: string, near: IStoredAddress): Promise<string[]> {
    const answer = await this._http.json<{
      registered_models?: IRegisteredModel[];
    }>({
      method: 'GET',
      path: 'registry/registered-models/search',
      params: {
        ...placed(near),
        max_results: 50,
        filter: text ? `name ILIKE '%${text.replace(/'/g, "''")}%'` : undefined
      }
    });
    return (answer.registered_models ?? []).map(model => model.name);
  }

  async storeOfNotebook(path: string): Promise<IStoreState> {
    const status = await this._http.json<IStatus>({
      method: 'GET',
      path: 'status',
      params: { notebook: path }
    });
    return status.store;
  }

  async trackingURI(store: string): Promise<string> {
    const status = await this._http.json<IStatus>({
      method: 'GET',
      path: 'status'
    });
    const { kind, location } =
      status.stores.find(one => one.id === store) ?? status.store;
    return kind === 'remote' ? location : `sqlite:///${location}`;
  }
}

/** Which store a model is in, as a query says it. */
function placed(model: ModelAddress): Record<string, string | undefined> {
  return 'uri' in model ? { run: model.run, store: model.store } : {};
}

function chosen(kernel: IKernelChoice): Record<string, string> {
  return kernel.id ? { kernel: kernel.id } : { kernel_name: kernel.name };
}
