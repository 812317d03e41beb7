import {
  ABCWidgetFactory,
  DocumentRegistry,
  DocumentWidget
} from '@jupyterlab/docregistry';
import { PanelLayout, Widget } from '@lumino/widgets';

import { type ICompareState, newState, readState } from './state';
import type { ComparePanel } from './widget';

/** Makes the panel of a comparison; what it is made of is loaded with the first. */
export type MakePanel = (state: ICompareState) => Promise<ComparePanel>;

/** Text of a comparison's file. */
export function textOf(state: ICompareState): string {
  return JSON.stringify(state, undefined, 2) + '\n';
}

/** A comparison that is a file: what is changed on it makes the file dirty, as in an editor. */
export class CompareDocument extends Widget {
  constructor(context: DocumentRegistry.Context, make: MakePanel) {
    super();
    this.addClass('jp-Cellruns-compareDocument');
    this._context = context;
    this.layout = new PanelLayout();
    void this._open(make);
  }

  private async _open(make: MakePanel): Promise<void> {
    await this._context.ready;
    const read = this._read();
    const panel = await make(read ?? newState([]));
    if (this.isDisposed) {
      panel.dispose();
      return;
    }
    (this.layout as PanelLayout).addWidget(panel);
    this._panel = panel;
    this._context.model.contentChanged.connect(this._onText, this);
    panel.model.stateChanged.connect(this._onState, this);
  }

  private _onState(_: unknown, state: ICompareState): void {
    // A file that could not be read is left as it is.
    if (this._readable) {
      this._context.model.fromString(textOf(state));
    }
  }

  private _onText(): void {
    const state = this._read();
    if (state) {
      this._panel?.model.replace(state);
    }
  }

  private _read(): ICompareState | null {
    try {
      const text = this._context.model.toString().trim();
      const state = text ? readState(JSON.parse(text)) : newState([]);
      this._readable = true;
      this._say('');
      return state;
    } catch (error) {
      this._readable = false;
      this._say((error as Error).message);
      return null;
    }
  }

  /** Say above the panel why the file cannot be read. */
  private _say(fault: string): void {
    this._notice?.remove();
    this._notice = null;
    if (fault) {
      this._notice = document.createElement('p');
      this._notice.setAttribute('role', 'alert');
      this._notice.className = 'jp-Cellruns-compare-fault';
      this._notice.textContent = `${this._context.localPath}: ${fault}`;
      this.node.prepend(this._notice);
    }
  }

  private _context: DocumentRegistry.Context;
  private _panel: ComparePanel | null = null;
  private _notice: HTMLElement | null = null;
  private _readable = false;
}

/** Opens files of comparisons. */
export class CompareFactory extends ABCWidgetFactory<
  DocumentWidget<CompareDocument>
> {
  constructor(
    options: DocumentRegistry.IWidgetFactoryOptions,
    private _make: MakePanel
  ) {
    super(options);
  }

  protected createNewWidget(
    context: DocumentRegistry.Context
  ): DocumentWidget<CompareDocument> {
    return new DocumentWidget({
      content: new CompareDocument(context, this._make),
      context
    });
  }
}
