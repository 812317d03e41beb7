import { PathExt } from '@jupyterlab/coreutils';
import { PanelLayout, Widget } from '@lumino/widgets';

import type { MakeView } from './document';
import { modelIcon } from './icon';
import type { IModelSource } from './source';

/** A model of the store as a main area widget of its own. */
export class StoredModelWidget extends Widget {
  constructor(
    readonly uri: string,
    readonly run: string | null,
    readonly store: string | null,
    make: MakeView,
    source: Promise<IModelSource>
  ) {
    super();
    this.addClass('jp-Cellruns-modelDocument');
    this.id = `jp-Cellruns-model-${store ?? ''}-${uri}`;
    this.title.icon = modelIcon;
    this.title.closable = true;
    this.title.label = PathExt.basename(uri.replace(/^(models|runs):\/+/, ''));
    this.title.caption = uri;
    this.layout = new PanelLayout();
    void this._open(make, source);
  }

  /** Whether this is the model of a URI and a store: only names of registered models are good in one store. */
  shows(uri: string, store: string | null): boolean {
    return (
      uri === this.uri &&
      (store === this.store || /^(runs:|models:\/+m-)/.test(uri))
    );
  }

  private async _open(
    make: MakeView,
    pending: Promise<IModelSource>
  ): Promise<void> {
    const [{ view, widget }, source] = await Promise.all([make(), pending]);
    if (this.isDisposed) {
      widget.dispose();
      return;
    }
    (this.layout as PanelLayout).addWidget(widget);
    view.changed.connect(() => {
      if (view.label) {
        this.title.label = view.label;
      }
    });
    await view.open(source);
  }
}
