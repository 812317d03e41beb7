import type { IRenderMime } from '@jupyterlab/rendermime';
import { Panel, type Widget } from '@lumino/widgets';

/** Stands in for the renderer of an output until the code of that has come. */
export class LazyRenderer<T extends Widget & IRenderMime.IRenderer>
  extends Panel
  implements IRenderMime.IRenderer
{
  /**
   * @param load - Makes the renderer; called once, with the first output.
   */
  constructor(load: () => Promise<T>) {
    super();
    this.addClass('jp-Cellruns-output');
    this._load = load;
  }

  /** Render an output. May be called again before the first call is done. Rejects where the code cannot be loaded. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this._model = model;
    this._made ??= this._make();
    const renderer = await this._made;
    // Of calls that waited together, the last one has what is to be seen.
    if (renderer && !this.isDisposed && this._model === model) {
      await renderer.renderModel(model);
    }
  }

  private async _make(): Promise<T | null> {
    const renderer = await this._load();
    if (this.isDisposed) {
      renderer.dispose();
      return null;
    }
    this.addWidget(renderer);
    return renderer;
  }

  private _load: () => Promise<T>;
  private _made: Promise<T | null> | null = null;
  private _model: IRenderMime.IMimeModel | null = null;
}
