import type { IStateDB } from '@jupyterlab/statedb';

import { readState, type ITableState } from './state';

const KEY = 'jupyterlab-cellruns:table';

/** Keeps table states by experiment, named views, and what a list shows first. */
export class TableMemory {
  constructor(state: IStateDB | null) {
    this._state = state;
  }

  /** The state that was kept for a place (an experiment or notebook). */
  async load(place: string): Promise<ITableState> {
    return readState(await this._fetch(`${KEY}:${place}`));
  }

  save(place: string, state: ITableState): Promise<void> {
    return this._save(`${KEY}:${place}`, state);
  }

  /** Views that were saved under a name. */
  async views(): Promise<Record<string, ITableState>> {
    const value = await this._fetch(`${KEY}-views`);
    return Object.fromEntries(
      Object.entries(
        typeof value === 'object' && value !== null ? value : {}
      ).map(([name, state]) => [name, readState(state)])
    );
  }

  async saveView(name: string, state: ITableState): Promise<void> {
    await this._save(`${KEY}-views`, {
      ...(await this.views()),
      [name]: state
    });
  }

  async removeView(name: string): Promise<void> {
    const views = await this.views();
    delete views[name];
    await this._save(`${KEY}-views`, views);
  }

  /** Anything else that is remembered, by name. */
  remembered(name: string): Promise<unknown> {
    return this._fetch(`${KEY}-${name}`);
  }

  remember(name: string, value: unknown): Promise<void> {
    return this._save(`${KEY}-${name}`, value);
  }

  private async _fetch(key: string): Promise<unknown> {
    if (this._state) {
      return this._state.fetch(key);
    }
    const text = window.localStorage.getItem(key);
    return text === null ? undefined : (JSON.parse(text) as unknown);
  }

  private async _save(key: string, value: unknown): Promise<void> {
    const text = JSON.stringify(value);
    if (this._state) {
      await this._state.save(key, JSON.parse(text) as never);
    } else {
      window.localStorage.setItem(key, text);
    }
  }

  private _state: IStateDB | null;
}
