import type * as Vega from 'vega';
import type * as VegaLite from 'vega-lite';

import type { ISize } from './geometry';
import { type ISpecShape, specOf } from './spec';
import type { AnySpec } from './specView';

/** Makes Vega runtimes of specifications; each shape is compiled once. */
export class ChartEngine {
  /**
   * Construct an engine.
   *
   * @param vega - The Vega library.
   * @param vegaLite - The Vega-Lite compiler.
   */
  constructor(
    readonly vega: Pick<typeof Vega, 'parse' | 'View' | 'changeset'>,
    vegaLite: Pick<typeof VegaLite, 'compile'>
  ) {
    this._vegaLite = vegaLite;
  }

  /** The runtime of a shape, with empty data sets. */
  runtime(shape: ISpecShape, size: ISize): Vega.Runtime {
    const key = JSON.stringify(shape);
    let runtime = this._runtimes.get(key);
    if (!runtime) {
      if (this._runtimes.size > 24) {
        this._runtimes.clear();
      }
      const { spec } = this._vegaLite.compile(specOf(shape, size));
      runtime = this.vega.parse(spec);
      this._runtimes.set(key, runtime);
    }
    return runtime;
  }

  /** A view of any specification, of Vega or Vega-Lite, in a node; drawn with its `runAsync`. */
  view(spec: AnySpec, container: HTMLElement | null): Vega.View {
    const lite = String(spec.$schema).includes('vega-lite');
    const vega = lite
      ? this._vegaLite.compile(spec as VegaLite.TopLevelSpec).spec
      : (spec as Vega.Spec);
    return new this.vega.View(this.vega.parse(vega), {
      ...(container ? { container, renderer: 'svg' } : { renderer: 'none' }),
      hover: container !== null,
      logLevel: 0
    });
  }

  private _vegaLite: Pick<typeof VegaLite, 'compile'>;
  private _runtimes = new Map<string, Vega.Runtime>();
}

/**
 * Load the engine.
 *
 * #### Notes
 * Vega and Vega-Lite come as files of their own, one after the other and with
 * a pause after each, so that evaluating them is no long task.
 */
export async function loadEngine(): Promise<ChartEngine> {
  const vega = await import('vega');
  await pause();
  const vegaLite = await import('vega-lite');
  await pause();
  return new ChartEngine(vega, vegaLite);
}

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 0));
}
