import type { View } from 'vega';

import type { ChartEngine } from './engine';
import { innerSize, PADDING } from './geometry';
import { DATA_NAMES, paramsOf } from './spec';
import type { IChartView, IDrawing } from './view';

/** One Vega view that is kept and fed with changes. */
export class LiveView implements IChartView {
  constructor(engine: Promise<ChartEngine>) {
    this.node = document.createElement('div');
    // The plot around it has the name; the marks have none of their own.
    this.node.setAttribute('aria-hidden', 'true');
    this.ready = engine.then(loaded => {
      this._engine = loaded;
      this.ready = null;
    });
  }

  readonly node: HTMLElement;
  ready: Promise<unknown> | null;

  async draw({ figure, shape, size }: IDrawing): Promise<void> {
    const engine = this._engine;
    if (!engine || this._disposed) {
      return;
    }
    const key = JSON.stringify(shape);
    if (!this._view || this._shape !== key) {
      this._view?.finalize();
      this._shape = key;
      this._view = new engine.vega.View(engine.runtime(shape, size), {
        container: this.node,
        // Not a canvas: without a GPU a page rasterizes that in its main thread, an SVG in others.
        renderer: 'svg',
        hover: false,
        logLevel: 0
      }).padding({ ...PADDING });
    }
    const view = this._view;
    const { width, height } = innerSize(size);
    view.width(width).height(height);
    for (const [name, value] of Object.entries(paramsOf(figure))) {
      view.signal(name, value);
    }
    for (const name of DATA_NAMES) {
      view.change(
        name,
        engine.vega
          .changeset()
          .remove(() => true)
          .insert(figure[name].slice())
      );
    }
    await view.runAsync();
  }

  dispose(): void {
    this._disposed = true;
    this._view?.finalize();
    this._view = null;
    this.node.remove();
  }

  private _engine: ChartEngine | null = null;
  private _view: View | null = null;
  private _shape = '';
  private _disposed = false;
}
