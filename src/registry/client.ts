import type { Http } from '../client/http';
import type { IRunDetail, IStatus } from '../client/tokens';
import type { IRegisteredModel, ITag, IVersion } from '../models/registry';

/** The registry of a store, call by call as MLflow's REST has them. */
export class RegistryClient {
  constructor(private _http: Http) {}

  /** Id of the store that is asked; null: the default one. */
  store: string | null = null;

  /** All stores there are; the server looks how each of them is. */
  status(): Promise<IStatus> {
    return this._http.json({
      method: 'GET',
      path: 'status',
      params: { all: 1 }
    });
  }

  /** A page of registered models by a part of their name, newest change first. */
  async search(
    text: string,
    pageToken?: string
  ): Promise<{ models: IRegisteredModel[]; next: string | null }> {
    const answer = await this._get<{
      registered_models?: IRegisteredModel[];
      next_page_token?: string;
    }>('registered-models/search', {
      max_results: 50,
      filter: text ? `name ILIKE '%${text.replace(/'/g, "''")}%'` : undefined,
      page_token: pageToken
    });
    return {
      models: answer.registered_models ?? [],
      next: answer.next_page_token || null
    };
  }

  async model(name: string): Promise<IRegisteredModel> {
    const answer = await this._get<{ registered_model: IRegisteredModel }>(
      'registered-models/get',
      { name }
    );
    return answer.registered_model;
  }

  /** The versions of a model, newest first. */
  async versions(name: string): Promise<IVersion[]> {
    const answer = await this._get<{ model_versions?: IVersion[] }>(
      'model-versions/search',
      { filter: `name = '${name.replace(/'/g, "''")}'`, max_results: 200 }
    );
    return (answer.model_versions ?? []).sort(
      (a, b) => Number(b.version) - Number(a.version)
    );
  }

  run(runId: string): Promise<IRunDetail> {
    return this._http.json({
      method: 'GET',
      path: `runs/${encodeURIComponent(runId)}`,
      params: this._place
    });
  }

  create(name: string): Promise<unknown> {
    return this._send('POST', 'registered-models/create', { name });
  }

  describe(
    name: string,
    version: string | null,
    description: string
  ): Promise<unknown> {
    return version === null
      ? this._send('PATCH', 'registered-models/update', { name, description })
      : this._send('PATCH', 'model-versions/update', {
          name,
          version,
          description
        });
  }

  /** An alias names one version; set again, it moves. */
  setAlias(name: string, alias: string, version: string): Promise<unknown> {
    return this._send('POST', 'registered-models/alias', {
      name,
      alias,
      version
    });
  }

  removeAlias(name: string, alias: string): Promise<unknown> {
    return this._send('DELETE', 'registered-models/alias', { name, alias });
  }

  setTag(name: string, version: string | null, tag: ITag): Promise<unknown> {
    const { key, value } = tag;
    return version === null
      ? this._send('POST', 'registered-models/set-tag', { name, key, value })
      : this._send('POST', 'model-versions/set-tag', {
          name,
          version,
          key,
          value
        });
  }

  removeTag(
    name: string,
    version: string | null,
    key: string
  ): Promise<unknown> {
    return version === null
      ? this._send('DELETE', 'registered-models/delete-tag', { name, key })
      : this._send('DELETE', 'model-versions/delete-tag', {
          name,
          version,
          key
        });
  }

  /** Text of a small file of a version; null where it is not there. */
  async text(uri: string, path: string): Promise<string | null> {
    try {
      return await this._http.text(
        { path: 'models/content', params: { uri, path, ...this._place } },
        1_000_000
      );
    } catch {
      return null;
    }
  }

  private _get<T>(
    path: string,
    params: Record<string, string | number | undefined>
  ): Promise<T> {
    return this._http.json<T>({
      method: 'GET',
      path: `registry/${path}`,
      params: { ...params, ...this._place }
    });
  }

  private _send(
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    data: object
  ): Promise<unknown> {
    return this._http.json({
      method,
      path: `registry/${path}`,
      params: this._place,
      data
    });
  }

  private get _place(): { store: string | undefined } {
    return { store: this.store ?? undefined };
  }
}
