import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IToolbarWidgetRegistry } from '@jupyterlab/apputils';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { IRunsClient } from '../client/tokens';
import { ILiveRuns } from '../live/tokens';
import { addSessionCommands } from './commands';
// Toolbars ask for their items right after activation.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { Sessions } from './sessions';
import { followSettings } from './settings';

/** The run context of each notebook: the pill in its toolbar, its menu and commands. */
export const sessionPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:session',
  description:
    'Shows in the notebook toolbar where runs go, and lets one choose.',
  autoStart: true,
  requires: [INotebookTracker, ISettingRegistry],
  optional: [
    IRunsClient,
    ILiveRuns,
    IToolbarWidgetRegistry,
    ITranslator,
    ICommandPalette,
    IDocumentManager
  ],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    settings: ISettingRegistry,
    client: IRunsClient | null,
    live: ILiveRuns | null,
    toolbars: IToolbarWidgetRegistry | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    documents: IDocumentManager | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    if (!client) {
      // The toolbar item is declared by the settings schema, so it must be something.
      toolbars?.addFactory('Notebook', 'cellruns', () => new Widget());
      return;
    }
    const sessions = new Sessions({
      client,
      live,
      trans,
      commands: app.commands
    });
    toolbars?.addFactory<NotebookPanel>('Notebook', 'cellruns', panel =>
      sessions.makePill(panel)
    );
    followSettings(
      settings,
      sessionPlugin.id,
      client,
      values => {
        sessions.settings = values;
      },
      () => sessions.touchAll()
    );
    addSessionCommands({ app, tracker, documents, sessions, palette, trans });
  }
};
