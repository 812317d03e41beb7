import type { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { JSONObject } from '@lumino/coreutils';

import { specOf } from './spec';
import type { IChartView, IDrawing } from './view';

/** MIME type of JupyterLab's own Vega-Lite renderer. */
export const VEGALITE_MIME = 'application/vnd.vegalite.v5+json';

/** Draws with JupyterLab's own Vega-Lite renderer, anew each time. */
export class StaticView implements IChartView {
  /**
   * Construct a view.
   *
   * @param rendermime - A registry that has a renderer for `VEGALITE_MIME`.
   */
  constructor(rendermime: IRenderMimeRegistry) {
    this._rendermime = rendermime;
    this._renderer = rendermime.createRenderer(VEGALITE_MIME);
    this.node = document.createElement('div');
    this.node.appendChild(this._renderer.node);
  }

  readonly node: HTMLElement;
  readonly ready = null;

  async draw({ figure, shape, size }: IDrawing): Promise<void> {
    const model = this._rendermime.createModel({
      trusted: true,
      data: {
        [VEGALITE_MIME]: specOf(shape, size, figure) as unknown as JSONObject,
        // The renderer would make a picture and store it, were there none.
        'image/png': ' '
      },
      metadata: {
        [VEGALITE_MIME]: {
          embed_options: { actions: false, renderer: 'canvas', tooltip: false }
        }
      }
    });
    if (!this._renderer.isDisposed) {
      await this._renderer.renderModel(model);
    }
  }

  dispose(): void {
    this._renderer.dispose();
    this.node.remove();
  }

  private _rendermime: IRenderMimeRegistry;
  private _renderer: IRenderMime.IRenderer;
}
