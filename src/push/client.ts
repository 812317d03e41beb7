import type { Http } from '../client/http';
import type { IPush, IPushClient, IPushRequest, IStoreChoice } from './tokens';

/** The routes below `push`. */
export class PushClient implements IPushClient {
  constructor(private _http: Http) {}

  async stores(): Promise<IStoreChoice[]> {
    return (
      await this._http.json<{ stores: IStoreChoice[] }>({
        method: 'GET',
        path: 'status'
      })
    ).stores;
  }

  start(request: IPushRequest): Promise<IPush> {
    return this._http.json({ method: 'POST', path: 'push', data: request });
  }

  get(id: string): Promise<IPush> {
    return this._http.json({ method: 'GET', path: `push/${id}` });
  }

  cancel(id: string): Promise<IPush> {
    return this._http.json({ method: 'DELETE', path: `push/${id}` });
  }
}
