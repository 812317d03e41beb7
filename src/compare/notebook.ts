import { type INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import type { IOutput } from '@jupyterlab/nbformat';

/** Puts a code cell with outputs below the active cell of the notebook in use; false where none is open. */
export async function insertCell(
  tracker: INotebookTracker,
  source: string,
  outputs: readonly Record<string, unknown>[]
): Promise<boolean> {
  const panel = tracker.currentWidget;
  if (!panel) {
    return false;
  }
  await panel.context.ready;
  const notebook = panel.content;
  NotebookActions.insertBelow(notebook);
  const cell = notebook.activeCell;
  if (!cell || cell.model.type !== 'code') {
    return false;
  }
  cell.model.sharedModel.setSource(source);
  if (outputs.length > 0) {
    const model = cell.model as unknown as {
      outputs: { fromJSON(values: IOutput[]): void };
    };
    model.outputs.fromJSON(outputs as unknown as IOutput[]);
  }
  return true;
}
