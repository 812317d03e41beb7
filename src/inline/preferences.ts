import type { IStateDB } from '@jupyterlab/statedb';
import { Debouncer } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import { DEFAULT_OPTIONS, type IChartOptions } from '../charts/data';

const KEY = 'jupyterlab-cellruns:inline';

/** Charts whose choices are remembered. */
const MAX_CHARTS = 100;

/** What the reader chose for each chart, and the defaults of the settings for the others. */
export class ChartPreferences {
  constructor(state: IStateDB | null) {
    this._state = state;
  }

  /** Something other than a choice made through `set` has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Read what was remembered. */
  async load(): Promise<void> {
    const value = await this._state?.fetch(KEY);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [anchor, options] of Object.entries(value)) {
        this._chosen.set(anchor, readOptions(options, this._defaults));
      }
      this._changed.emit();
    }
  }

  /** Set how charts look where nobody chose. */
  setDefaults(json: unknown): void {
    this._defaults = readOptions(json, DEFAULT_OPTIONS);
    this._changed.emit();
  }

  /** How a chart looks. */
  get(anchor: string): IChartOptions {
    return this._chosen.get(anchor) ?? this._defaults;
  }

  /** Choose for a chart. */
  set(anchor: string, options: IChartOptions): void {
    this._chosen.delete(anchor);
    this._chosen.set(anchor, options);
    if (this._chosen.size > MAX_CHARTS) {
      const [oldest] = this._chosen.keys();
      this._chosen.delete(oldest);
    }
    void this._save.invoke();
  }

  private _state: IStateDB | null;
  private _defaults = DEFAULT_OPTIONS;
  private _chosen = new Map<string, IChartOptions>();
  private _changed = new Signal<this, void>(this);
  private _save = new Debouncer(
    () =>
      this._state?.save(
        KEY,
        Object.fromEntries(
          [...this._chosen].map(([anchor, options]) => [anchor, { ...options }])
        )
      ),
    500
  );
}

/** Options out of JSON; what is missing or strange is taken from `otherwise`. */
export function readOptions(
  json: unknown,
  otherwise: IChartOptions
): IChartOptions {
  const read = (typeof json === 'object' && json !== null ? json : {}) as {
    [K in keyof IChartOptions]?: unknown;
  };
  const { layout, x, log, smoothing } = read;
  return {
    layout:
      layout === 'multiples' || layout === 'single' ? layout : otherwise.layout,
    x: x === 'step' || x === 'relative' || x === 'wall' ? x : otherwise.x,
    log: typeof log === 'boolean' ? log : otherwise.log,
    smoothing:
      typeof smoothing === 'number' && smoothing >= 0 && smoothing < 1
        ? smoothing
        : otherwise.smoothing
  };
}
