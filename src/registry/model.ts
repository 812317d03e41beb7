import { type ISignal, Signal } from '@lumino/signaling';

import { RunsError } from '../client/errors';
import type { IStoreState } from '../client/tokens';
import type { IRegisteredModel, IVersion } from '../models/registry';
import type { ITrans } from '../text';
import type { RegistryClient } from './client';
import { compareSides, fetchSide, type IComparison } from './compare';

/** State of the registry view: the store, the list, the chosen model, its versions, and what is compared. */
export class RegistryModel {
  constructor(
    readonly client: RegistryClient,
    readonly trans: ITrans
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** All stores there are, once they are known. */
  stores: readonly IStoreState[] = [];
  models: IRegisteredModel[] = [];
  hasMore = false;
  isLoaded = false;
  error: string | null = null;
  /** What was refused last, in the server's words. */
  refusal: string | null = null;
  text = '';
  chosen: IRegisteredModel | null = null;
  versions: IVersion[] = [];
  /** Version that a link led to. */
  marked: string | null = null;
  /** Versions that are ticked for comparison, at most two. */
  picked: string[] = [];
  comparison: IComparison[] | null = null;
  isBusy = false;

  /** The store that is shown, once it is known. */
  get store(): IStoreState | null {
    return this.stores.find(one => one.id === this.storeId) ?? null;
  }

  /** Id of the store that is shown; null before the server has told which one is the default. */
  get storeId(): string | null {
    return this.client.store ?? this._defaultStore;
  }

  /** Show the registry of a store; what was chosen in another one is left. */
  async setStore(id: string): Promise<void> {
    if (id === this.storeId) {
      this.client.store = id;
      return;
    }
    this.client.store = id;
    this._moves++;
    this._round++;
    this.models = [];
    this._next = null;
    this.hasMore = false;
    this.isLoaded = false;
    this.error = null;
    this.refusal = null;
    this.chosen = null;
    this.versions = [];
    this.marked = null;
    this.picked = [];
    this.comparison = null;
    this._emit();
    await Promise.all([this.search(this.text), this.look()]);
  }

  /** Ask which stores there are and how they are; one that answers again is asked for its models. */
  async look(): Promise<void> {
    const before = this.store?.state;
    try {
      const { stores, default_store } = await this.client.status();
      this.stores = stores;
      this._defaultStore = default_store;
    } catch {
      // The list says what is wrong with the server.
      return;
    }
    if (!this.store && this.client.store !== null) {
      // It is no longer configured.
      this.client.store = null;
      await this.search(this.text);
    } else if (
      this.error !== null &&
      this.store?.state === 'ready' &&
      before !== 'ready'
    ) {
      await this.search(this.text);
    }
    this._emit();
  }

  /** Whether the shown store cannot be asked for now. */
  get isInTrouble(): boolean {
    return this.store?.state === 'away' || this.store?.state === 'error';
  }

  /** The server tells of states of stores; asks for the words where one is another. */
  async hear(
    states: Readonly<Record<string, { state: IStoreState['state'] | null }>>
  ): Promise<void> {
    if (this.stores.some(one => states[one.id]?.state !== one.state)) {
      await this.look();
    }
  }

  /** Ask for the first page of models that contain the text. */
  async search(text: string): Promise<void> {
    this.text = text;
    const round = ++this._round;
    const isNow = (): boolean => round === this._round;
    try {
      const { models, next } = await this.client.search(text.trim());
      if (isNow()) {
        this.models = models;
        this._next = next;
        this.hasMore = next !== null;
        this.error = null;
      }
    } catch (error) {
      if (isNow()) {
        this.models = [];
        this.hasMore = false;
        this.error = words(error);
      }
    }
    if (isNow()) {
      this.isLoaded = true;
      this._emit();
    }
  }

  async more(): Promise<void> {
    if (this._next !== null) {
      await this._try(async () => {
        const round = this._round;
        const page = await this.client.search(
          this.text.trim(),
          this._next ?? undefined
        );
        if (round !== this._round) {
          return;
        }
        this.models = [...this.models, ...page.models];
        this._next = page.next;
        this.hasMore = page.next !== null;
      });
    }
  }

  /** Show a model, of another store where one is named; a version may be marked. */
  async choose(
    name: string,
    version: string | null = null,
    store: string | null = null
  ): Promise<void> {
    if (store !== null) {
      void this.setStore(store);
    }
    this.marked = version;
    this.picked = [];
    this.comparison = null;
    this.refusal = null;
    const asked = this._moves;
    await this._try(async () => {
      const [model, versions] = await this._fetch(name);
      if (asked === this._moves) {
        [this.chosen, this.versions] = [model, versions];
      }
    });
  }

  /** Tick or untick a version; the third pushes the first out. */
  pick(version: string): void {
    this.picked = this.picked.includes(version)
      ? this.picked.filter(one => one !== version)
      : [...this.picked, version].slice(-2);
    this.comparison = null;
    this._emit();
  }

  /** Compare the two ticked versions, the older one on the left. */
  async compare(): Promise<void> {
    const sides = this.versions
      .filter(version => this.picked.includes(version.version))
      .sort((a, b) => Number(a.version) - Number(b.version));
    if (sides.length === 2) {
      await this._try(async () => {
        const [left, right] = await Promise.all(
          sides.map(version => fetchSide(this.client, version, this.trans))
        );
        this.comparison = compareSides(left, right, this.trans);
      });
    }
  }

  /** Change something, then show what the store has now; a refusal stays visible. */
  async change(work: () => Promise<unknown>): Promise<boolean> {
    const done = await this._try(async () => {
      await work();
    });
    const name = this.chosen?.name;
    if (name) {
      const refusal = this.refusal;
      await this._try(async () => {
        [this.chosen, this.versions] = await this._fetch(name);
      });
      this.refusal = refusal;
    }
    if (done) {
      void this.search(this.text);
    }
    this._emit();
    return done;
  }

  private async _fetch(name: string): Promise<[IRegisteredModel, IVersion[]]> {
    const [model, versions] = await Promise.all([
      this.client.model(name),
      this.client.versions(name)
    ]);
    // A search leaves the aliases of versions out; the model has them.
    for (const version of versions) {
      version.aliases = (model.aliases ?? [])
        .filter(alias => String(alias.version) === version.version)
        .map(alias => alias.alias);
    }
    return [model, versions];
  }

  private async _try(work: () => Promise<void>): Promise<boolean> {
    this.isBusy = true;
    this.refusal = null;
    this._emit();
    try {
      await work();
      return true;
    } catch (error) {
      this.refusal = words(error);
      return false;
    } finally {
      this.isBusy = false;
      this._emit();
    }
  }

  private _emit(): void {
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _defaultStore: string | null = null;
  private _next: string | null = null;
  private _round = 0;
  /** How often another store was chosen. */
  private _moves = 0;
}

function words(error: unknown): string {
  const { message, hint } = RunsError.from(error);
  // A server's own words may end without a full stop.
  return hint ? `${message.replace(/\.$/, '')}. ${hint}` : message;
}
