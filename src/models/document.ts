import { ActivityMonitor, PathExt } from '@jupyterlab/coreutils';
import {
  ABCWidgetFactory,
  DocumentRegistry,
  DocumentWidget
} from '@jupyterlab/docregistry';
import { Signal } from '@lumino/signaling';
import { PanelLayout, Widget } from '@lumino/widgets';
import { modelIcon } from './icon';
import type { ModelView } from './model';

/** Makes the view of a document; called when the first model is opened. */
export type MakeView = () => Promise<{ view: ModelView; widget: Widget }>;

/** Milliseconds of quiet after which an edited file is shown again. */
const QUIET = 400;

/** Shows the MLmodel file of a context; its contents come with the first model that is opened. */
export class ModelDocument extends Widget {
  constructor(
    private _context: DocumentRegistry.Context,
    make: MakeView
  ) {
    super();
    this.addClass('jp-Cellruns-modelDocument');
    this.layout = new PanelLayout();
    void this._open(make);
  }

  override dispose(): void {
    this._monitor?.dispose();
    super.dispose();
  }

  protected override onAfterShow(): void {
    // Kernels come and go while another tab is in front.
    if (this._view?.file) {
      void this._view.refreshKernels();
    }
  }

  private async _open(make: MakeView): Promise<void> {
    const [{ view, widget }] = await Promise.all([make(), this._context.ready]);
    if (this.isDisposed) {
      widget.dispose();
      return;
    }
    (this.layout as PanelLayout).addWidget(widget);
    this._view = view;
    this._monitor = new ActivityMonitor({
      signal: this._context.model.contentChanged,
      timeout: QUIET
    });
    this._monitor.activityStopped.connect(this._show, this);
    this._context.pathChanged.connect(this._show, this);
    this._show();
  }

  private _show(): void {
    void this._view?.setText(
      this._context.localPath,
      this._context.model.toString()
    );
  }

  private _monitor: ActivityMonitor<DocumentRegistry.IModel, void> | null =
    null;
  private _view: ModelView | null = null;
}

/** Opens MLmodel files as models. */
export class ModelFactory extends ABCWidgetFactory<
  DocumentWidget<ModelDocument>
> {
  constructor(
    options: DocumentRegistry.IWidgetFactoryOptions,
    private _make: MakeView
  ) {
    super(options);
  }

  protected createNewWidget(
    context: DocumentRegistry.Context
  ): DocumentWidget<ModelDocument> {
    const widget = new DocumentWidget({
      content: new ModelDocument(context, this._make),
      context
    });
    // A document widget takes a changed label for a wish to rename the file; here the label is only a name.
    Signal.disconnectBetween(widget.title, widget);
    widget.title.icon = modelIcon;
    // Every such file has the same name; its folder tells models apart.
    const name = (): void => {
      const folder = PathExt.basename(PathExt.dirname(context.localPath));
      widget.title.label = folder || PathExt.basename(context.localPath);
    };
    name();
    context.pathChanged.connect(name);
    widget.disposed.connect(() => context.pathChanged.disconnect(name));
    return widget;
  }
}
