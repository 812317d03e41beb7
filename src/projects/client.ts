import type { Http } from '../client/http';
import type { IDatasetUse } from '../models/tokens';
import type {
  IFetched,
  IJob,
  IJobRequest,
  IManager,
  IPlan,
  IPlanRequest,
  IProjectsClient
} from './tokens';

/** The routes below `projects/`. */
export class ProjectsClient implements IProjectsClient {
  constructor(private _http: Http) {}

  managers(): Promise<{ managers: IManager[]; hosts: string[] }> {
    return this._http.json({ method: 'GET', path: 'projects/managers' });
  }

  plan(data: IPlanRequest): Promise<IPlan> {
    return this._http.json({ method: 'POST', path: 'projects/plan', data });
  }

  export(data: IPlanRequest): Promise<{ folder: string; written: string[] }> {
    return this._http.json({ method: 'POST', path: 'projects/export', data });
  }

  fetch(uri: string, version: string): Promise<IFetched> {
    const data = { uri, version };
    return this._http.json({ method: 'POST', path: 'projects/fetch', data });
  }

  async uses(uri: string, store: string | null): Promise<IDatasetUse[]> {
    const answer = await this._http.json<{ runs: IDatasetUse[] }>({
      method: 'GET',
      path: 'projects/uses',
      params: { uri, store: store ?? undefined }
    });
    return answer.runs;
  }

  async jobs(): Promise<IJob[]> {
    const answer = await this._http.json<{ jobs: IJob[] }>({
      method: 'GET',
      path: 'projects/jobs'
    });
    return answer.jobs;
  }

  start(data: IJobRequest): Promise<IJob> {
    return this._http.json({ method: 'POST', path: 'projects/jobs', data });
  }

  job(id: string): Promise<IJob> {
    return this._http.json({ method: 'GET', path: `projects/jobs/${id}` });
  }

  async end(id: string): Promise<void> {
    await this._http.json({ method: 'DELETE', path: `projects/jobs/${id}` });
  }

  log(id: string, offset: number): Promise<{ text: string; next: number }> {
    return this._http.json({
      method: 'GET',
      path: `projects/jobs/${id}/log`,
      params: { offset }
    });
  }
}
