import type { IStateDB } from '@jupyterlab/statedb';

import type { IMemoryStore, IRunsMemory } from './tokens';

const KEY = 'jupyterlab-cellruns:runs';

/** Remembers in JupyterLab's state, or in the browser where there is none. */
export class RunsMemory implements IMemoryStore {
  constructor(state: IStateDB | null) {
    this._state = state;
  }

  async load(): Promise<Partial<IRunsMemory>> {
    const value: unknown = this._state
      ? await this._state.fetch(KEY)
      : JSON.parse(window.localStorage.getItem(KEY) ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  }

  async save(memory: IRunsMemory): Promise<void> {
    const value = { scope: memory.scope, columns: memory.columns };
    if (this._state) {
      await this._state.save(KEY, value);
    } else {
      window.localStorage.setItem(KEY, JSON.stringify(value));
    }
  }

  private _state: IStateDB | null;
}
