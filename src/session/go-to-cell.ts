import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

/** How the search for a cell ended. */
export type GoToCellResult = 'shown' | 'no-notebook' | 'no-cell';

/** Opens a notebook where it is not open, selects a cell of it and scrolls it into view. */
export async function goToCell(
  path: string,
  cellId: string,
  tracker: INotebookTracker,
  documents: IDocumentManager | null,
  activate: (id: string) => void
): Promise<GoToCellResult> {
  const panel = findPanel(path, tracker) ?? (await openPanel(path, documents));
  if (!panel) {
    return 'no-notebook';
  }
  activate(panel.id);
  await panel.context.ready;
  await panel.revealed;
  const notebook = panel.content;
  const index = notebook.widgets.findIndex(cell => cell.model.id === cellId);
  if (index < 0) {
    return 'no-cell';
  }
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  notebook.mode = 'command';
  await notebook.scrollToItem(index, 'center');
  notebook.activate();
  return 'shown';
}

function findPanel(
  path: string,
  tracker: INotebookTracker
): NotebookPanel | undefined {
  const current = tracker.currentWidget;
  return current?.context.localPath === path
    ? current
    : tracker.find(panel => panel.context.localPath === path);
}

async function openPanel(
  path: string,
  documents: IDocumentManager | null
): Promise<NotebookPanel | undefined> {
  if (!documents) {
    return undefined;
  }
  try {
    await documents.services.contents.get(path, { content: false });
  } catch {
    return undefined;
  }
  // Where each notebook has its own page this opens one, and there is no panel here.
  return documents.openOrReveal(path) as NotebookPanel | undefined;
}
