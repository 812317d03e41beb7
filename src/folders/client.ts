import type { Http } from '../client/http';
import type { IFolder, IFoldersClient, IMigration } from './tokens';

/** The routes below `folders`. */
export class FoldersClient implements IFoldersClient {
  constructor(private _http: Http) {}

  async folders(notebook: string | null): Promise<IFolder[]> {
    return (
      await this._http.json<{ folders: IFolder[] }>({
        method: 'GET',
        path: 'folders',
        params: notebook ? { notebook } : {}
      })
    ).folders;
  }

  async migrate(id: string): Promise<IMigration> {
    return (
      await this._http.json<{ migration: IMigration }>({
        method: 'POST',
        path: `folders/${id}/migrate`,
        data: {}
      })
    ).migration;
  }

  async migration(id: string): Promise<IMigration> {
    return (
      await this._http.json<{ migration: IMigration }>({
        method: 'GET',
        path: `folders/${id}`
      })
    ).migration;
  }
}
