import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Throttler } from '@lumino/polling';
import { Signal } from '@lumino/signaling';

import type { ICellRuns, IRunsClient } from '../client/tokens';

/** How long news of runs are gathered before a notebook's marks are asked for again (ms). */
const GATHER_MS = 2000;

/** Small marks on the cells of one notebook that made runs, with their counts. */
export class CellMarks implements IDisposable {
  constructor(
    private _panel: NotebookPanel,
    private _options: {
      client: IRunsClient;
      trans: TranslationBundle;
      onOpen: (path: string, cellId: string) => void;
    }
  ) {
    this._ask = new Throttler(() => this._refresh(), {
      limit: GATHER_MS,
      edge: 'trailing'
    });
    _options.client.runsChanged.connect(this._soon, this);
    _panel.context.pathChanged.connect(this._soon, this);
    _panel.content.modelContentChanged.connect(this._draw, this);
    void _panel.revealed.then(() => this._refresh()).catch(() => undefined);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._ask.dispose();
    Signal.clearData(this);
    this._buttons.forEach(button => button.remove());
    this._buttons.clear();
  }

  private _soon(): void {
    void this._ask.invoke().catch(() => undefined);
  }

  private async _refresh(): Promise<void> {
    if (this._isDisposed) {
      return;
    }
    const path = this._panel.context.localPath;
    const cells = await this._options.client
      .notebookCells(path)
      .catch((): ICellRuns[] => []);
    this._counts = new Map(cells.map(cell => [cell.cell_id, cell.runs]));
    this._draw();
  }

  /** Put each mark where its cell is: cells come, go and move. */
  private _draw(): void {
    if (this._isDisposed) {
      return;
    }
    const { trans, onOpen } = this._options;
    const there = new Set<string>();
    for (const cell of this._panel.content.widgets) {
      const { id } = cell.model;
      const count = this._counts.get(id);
      if (count === undefined) {
        continue;
      }
      there.add(id);
      let button = this._buttons.get(id);
      if (!button) {
        button = document.createElement('button');
        button.type = 'button';
        button.className = 'jp-Cellruns-mark';
        button.addEventListener('click', event => {
          event.stopPropagation();
          onOpen(this._panel.context.localPath, id);
        });
        this._buttons.set(id, button);
      }
      const text = trans._n('%1 run', '%1 runs', count);
      if (button.textContent !== text) {
        button.textContent = text;
        button.title = trans.__('Show the runs of this cell');
      }
      if (button.parentElement !== cell.node) {
        cell.node.append(button);
      }
    }
    for (const [id, button] of this._buttons) {
      if (!there.has(id)) {
        button.remove();
        this._buttons.delete(id);
      }
    }
  }

  private _ask: Throttler;
  private _counts = new Map<string, number>();
  private _buttons = new Map<string, HTMLButtonElement>();
  private _isDisposed = false;
}
