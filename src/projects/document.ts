import { ActivityMonitor, PathExt } from '@jupyterlab/coreutils';
import {
  ABCWidgetFactory,
  DocumentRegistry,
  DocumentWidget
} from '@jupyterlab/docregistry';
import { Signal } from '@lumino/signaling';
import { PanelLayout, Widget } from '@lumino/widgets';
import { projectIcon } from './icon';
import type { ProjectModel } from './project-model';

/** What a document hands to its view. */
export interface IDocumentTools {
  /** Writes the values of the form into the file. */
  keepDefaults(): void;
  /** Shows a place of the file in the text editor beside the view. */
  goToLine(line: number, column: number): void;
}

/** Makes the view of a document; called when the first project is opened. */
export type MakeView = (
  tools: IDocumentTools
) => Promise<{ model: ProjectModel; widget: Widget }>;

/** Opens the text editor beside a document, at a place. */
export type EditBeside = (
  path: string,
  ref: string,
  line: number,
  column: number
) => void;

/** Milliseconds of quiet after which an edited file is shown again. */
const QUIET = 400;

/** Shows the MLproject file of a context. */
export class ProjectDocument extends Widget {
  constructor(
    private _context: DocumentRegistry.Context,
    make: MakeView,
    private _edit: EditBeside,
    private _list: (folder: string) => Promise<string[]>
  ) {
    super();
    this.addClass('jp-Cellruns-projectDocument');
    this.layout = new PanelLayout();
    void this._open(make);
  }

  /** Id of the tab; the editor opens beside it. */
  ref = '';

  override dispose(): void {
    this._monitor?.dispose();
    super.dispose();
  }

  /** Opens the text beside the view. */
  edit(line = 1, column = 1): void {
    this._edit(this._context.path, this.ref, line, column);
  }

  private async _open(make: MakeView): Promise<void> {
    const [{ model, widget }] = await Promise.all([
      make({
        keepDefaults: () => this._keepDefaults(),
        goToLine: (line, column) => this.edit(line, column)
      }),
      this._context.ready
    ]);
    if (this.isDisposed) {
      widget.dispose();
      return;
    }
    (this.layout as PanelLayout).addWidget(widget);
    this._model = model;
    model.beforeRun = async () => {
      if (this._context.model.dirty) {
        await this._context.save();
      }
    };
    this._monitor = new ActivityMonitor({
      signal: this._context.model.contentChanged,
      timeout: QUIET
    });
    this._monitor.activityStopped.connect(() => void this._show());
    this._context.pathChanged.connect(this._onPath, this);
    await this._show();
  }

  private _onPath(): void {
    void this._show();
  }

  private async _show(): Promise<void> {
    const { localPath, model } = this._context;
    const folder = PathExt.dirname(localPath);
    const files = await this._list(folder).catch(() => null);
    if (!this.isDisposed) {
      this._model?.setText(
        folder || '.',
        PathExt.basename(localPath),
        model.toString(),
        files
      );
    }
  }

  private _keepDefaults(): void {
    const { _model, _context } = this;
    if (_model) {
      _context.model.fromString(_model.withDefaults());
      void this._show();
    }
  }

  private _model: ProjectModel | null = null;
  private _monitor: ActivityMonitor<DocumentRegistry.IModel, void> | null =
    null;
}

/** Opens MLproject files as projects. */
export class ProjectFactory extends ABCWidgetFactory<
  DocumentWidget<ProjectDocument>
> {
  constructor(
    options: DocumentRegistry.IWidgetFactoryOptions,
    private _parts: {
      make: MakeView;
      edit: EditBeside;
      list: (folder: string) => Promise<string[]>;
      sourceLabel: string;
      sourceButton: (onClick: () => void) => Widget;
    }
  ) {
    super(options);
  }

  protected createNewWidget(
    context: DocumentRegistry.Context
  ): DocumentWidget<ProjectDocument> {
    const { make, edit, list, sourceButton } = this._parts;
    const content = new ProjectDocument(context, make, edit, list);
    const widget = new DocumentWidget({ content, context });
    content.ref = widget.id;
    widget.toolbar.addItem(
      'source',
      sourceButton(() => content.edit())
    );
    // A document widget takes a changed label for a wish to rename the file; here the label is only a name.
    Signal.disconnectBetween(widget.title, widget);
    widget.title.icon = projectIcon;
    // Every such file has the same name; its folder tells projects apart.
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
