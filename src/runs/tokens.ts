/** Whose runs a list shows. */
export type Scope = 'notebook' | 'all';

/** Where the list stands. */
export type ListPhase =
  | 'loading'
  | 'ready'
  /** There is no run at all. */
  | 'empty'
  /** There are runs, but the filter hits none. */
  | 'no-hits'
  /** The scope is a notebook, and none is open. */
  | 'no-notebook'
  | 'error';

/** What the list remembers over page loads. */
export interface IRunsMemory {
  scope: Scope;
  /** Ids of the chosen columns, or null: not chosen yet. */
  columns: string[] | null;
}

/** Keeps what the list remembers. */
export interface IMemoryStore {
  load(): Promise<Partial<IRunsMemory>>;
  save(memory: IRunsMemory): Promise<void>;
}
