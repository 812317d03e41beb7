/** How the migration of a folder is. */
export interface IMigration {
  state: 'none' | 'running' | 'done' | 'failed';
  result: {
    runs: number;
    new_runs: number;
    experiments: number;
    renamed: string[];
  } | null;
  error: { message: string; hint: string | null } | null;
}

/** A folder of an older MLflow's file store, as the server tells of it. */
export interface IFolder {
  id: string;
  label: string;
  location: string;
  state: string;
  message: string | null;
  migration: IMigration['state'];
}

/** The routes below `folders`. */
export interface IFoldersClient {
  folders(notebook: string | null): Promise<IFolder[]>;
  migrate(id: string): Promise<IMigration>;
  migration(id: string): Promise<IMigration>;
}
