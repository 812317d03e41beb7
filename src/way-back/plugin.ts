import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IRunsClient } from '../client/tokens';
import { CellMarks } from './marks';

namespace CommandIDs {
  export const openCell = 'cellruns:open-cell-of-run';
  export const showCellRuns = 'cellruns:show-cell-runs';
}

/** From a run to its cell, and from a cell to its runs. */
export const wayBackPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:way-back',
  description: 'Opens the cell of a run, and marks the cells that made runs.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [IRunsClient, ITranslator, IDocumentManager],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    client: IRunsClient | null,
    translator: ITranslator | null,
    documents: IDocumentManager | null
  ): void => {
    if (!client) {
      return;
    }
    const { commands, shell } = app;
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    commands.addCommand(CommandIDs.openCell, {
      label: trans.__('Open the Cell of the Run'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            run_ids: {
              type: 'array',
              items: { type: 'string' },
              description: trans.__('Id of the run, as the only one')
            }
          },
          required: ['run_ids']
        }
      },
      isEnabled: args =>
        args.run_ids === undefined ||
        (Array.isArray(args.run_ids) && args.run_ids.length === 1),
      execute: async args => {
        const runId: unknown = Array.isArray(args.run_ids)
          ? args.run_ids[0]
          : undefined;
        if (typeof runId === 'string') {
          const { openCellOfRun } = await import('./open-cell');
          await openCellOfRun(runId, {
            client,
            tracker,
            documents,
            activate: id => shell.activateById(id),
            trans
          });
        }
      }
    });

    const mark = (panel: NotebookPanel) => {
      const marks = new CellMarks(panel, {
        client,
        trans,
        onOpen: (path, cellId) =>
          void commands.execute(CommandIDs.showCellRuns, {
            path,
            cell_id: cellId
          })
      });
      panel.disposed.connect(() => marks.dispose());
    };
    tracker.forEach(mark);
    tracker.widgetAdded.connect((_, panel) => mark(panel));
  }
};
