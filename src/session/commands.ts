import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification, type ICommandPalette } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import { RunsError } from '../client/errors';
import { goToCell } from './go-to-cell';
import type { Sessions } from './sessions';

namespace CommandIDs {
  export const goToCell = 'cellruns:go-to-cell';
  export const toggleNotebook = 'cellruns:toggle-notebook';
  export const chooseExperiment = 'cellruns:choose-experiment';
}

/** The commands that concern the notebook in front, and the one that finds a run's cell. */
export function addSessionCommands(options: {
  app: JupyterFrontEnd;
  tracker: INotebookTracker;
  documents: IDocumentManager | null;
  sessions: Sessions;
  palette: ICommandPalette | null;
  trans: TranslationBundle;
}): void {
  const { app, tracker, documents, sessions, palette, trans } = options;
  const { commands, shell } = app;
  const nothing = { args: { type: 'object', properties: {} } } as const;
  const current = () => {
    const panel = tracker.currentWidget;
    return panel ? sessions.get(panel) : undefined;
  };

  commands.addCommand(CommandIDs.goToCell, {
    label: trans.__('Go to the Cell of a Run'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          path: {
            type: 'string',
            description: trans.__('Path of the notebook')
          },
          cell_id: { type: 'string', description: trans.__('Id of the cell') }
        },
        required: ['path', 'cell_id']
      }
    },
    execute: async args => {
      const { path, cell_id } = args;
      if (typeof path !== 'string' || typeof cell_id !== 'string') {
        return;
      }
      const result = await goToCell(path, cell_id, tracker, documents, id =>
        shell.activateById(id)
      );
      if (result === 'no-cell') {
        Notification.warning(
          trans.__('The cell that logged this run is no longer in %1.', path)
        );
      } else if (result === 'no-notebook') {
        Notification.warning(
          trans.__(
            'The cell is in %1, which could not be opened on this page.',
            path
          )
        );
      }
    }
  });

  commands.addCommand(CommandIDs.toggleNotebook, {
    label: trans.__('Track the Runs of This Notebook'),
    describedBy: nothing,
    isEnabled: () => current() !== undefined,
    isToggled: () => current()?.isEnabled ?? false,
    isToggleable: true,
    execute: async () => {
      const model = current();
      try {
        await model?.setEnabled(!model.isEnabled);
      } catch (reason) {
        const { message, hint } = RunsError.from(reason);
        Notification.error(`${message} ${hint}`);
      }
      commands.notifyCommandChanged(CommandIDs.toggleNotebook);
    }
  });

  commands.addCommand(CommandIDs.chooseExperiment, {
    label: trans.__('Choose the Experiment of This Notebook…'),
    describedBy: nothing,
    isEnabled: () => current() !== undefined,
    execute: async () => {
      const panel = tracker.currentWidget;
      if (panel) {
        await sessions.openMenu(panel, true);
      }
    }
  });

  const category = trans.__('Cellruns');
  palette?.addItem({ command: CommandIDs.toggleNotebook, category });
  palette?.addItem({ command: CommandIDs.chooseExperiment, category });
}
