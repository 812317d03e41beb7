import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Clipboard, ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Poll } from '@lumino/polling';

import { IRunsClient } from '../client/tokens';
import { ILiveRuns } from '../live/tokens';
// Made at activation, so that the panel knows what it showed.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { TableMemory } from '../table/memory';
import { FIRST_CHOICE, readChoice } from '../table/scope';
import { cellrunsIcon } from './icons';
import { markdownRenderer } from './markdown';
import { PanelState } from './panel-state';
import { RunsPanel } from './widget';

namespace CommandIDs {
  export const openRuns = 'cellruns:open-runs';
  export const openRun = 'cellruns:open-run';
  export const showCellRuns = 'cellruns:show-cell-runs';
}

/** How often the panel looks for runs that no event told of (ms). */
const LOOK_AGAIN = 30_000;

/** The side panel "Runs", and the commands that open it. */
export const runsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:runs',
  description: 'A side panel with the runs of a notebook, live.',
  autoStart: true,
  requires: [INotebookTracker, ISettingRegistry],
  optional: [
    IRunsClient,
    ILiveRuns,
    ITranslator,
    ICommandPalette,
    ILayoutRestorer,
    ILabShell,
    IStateDB,
    IRenderMimeRegistry
  ],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    settings: ISettingRegistry,
    client: IRunsClient | null,
    live: ILiveRuns | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    labShell: ILabShell | null,
    stateDB: IStateDB | null,
    rendermime: IRenderMimeRegistry | null
  ): void => {
    if (!client) {
      return;
    }
    const { commands, shell } = app;
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    const state = new PanelState();
    const memory = new TableMemory(stateDB);
    const panel = new RunsPanel({
      state,
      client,
      live,
      trans,
      commands,
      memory,
      copy: text => Clipboard.copyToSystem(text),
      markdown: markdownRenderer(rendermime)
    });
    void memory
      .remembered('scope')
      .then(choice => state.choose(readChoice(choice)))
      .catch(() => undefined);
    panel.title.icon = cellrunsIcon;
    panel.title.caption = trans.__('Cellruns: Runs');

    const add = (area: string) => {
      shell.add(panel, area, { rank: 700, type: 'Cellruns' });
      restorer?.add(panel, 'jupyterlab-cellruns:runs');
    };
    const preferred = labShell
      ? settings
          .load(runsPlugin.id)
          .then(plugin => plugin.get('side').composite)
          .catch(() => 'right')
      : Promise.resolve('right');
    const added = preferred.then(side =>
      add(side === 'left' ? 'left' : 'right')
    );

    const follow = () => {
      const notebook = tracker.currentWidget;
      state.notebook = notebook ? notebook.context.localPath : null;
      notebook?.context.pathChanged.connect(follow, panel);
    };
    tracker.currentChanged.connect(follow, panel);
    follow();

    const poll = new Poll({
      name: 'jupyterlab-cellruns:runs',
      standby: () => (state.isVisible ? 'when-hidden' : true),
      frequency: { interval: LOOK_AGAIN, backoff: false },
      factory: () => {
        state.refresh();
        return Promise.resolve();
      }
    });
    panel.disposed.connect(() => poll.dispose());

    const show = async () => {
      await added;
      shell.activateById(panel.id);
    };
    commands.addCommand(CommandIDs.openRuns, {
      label: trans.__('Open the Runs Panel'),
      icon: cellrunsIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: async () => {
        state.open(null);
        await show();
      }
    });
    commands.addCommand(CommandIDs.openRun, {
      label: trans.__('Open a Run'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            run_id: { type: 'string', description: trans.__('Id of the run') },
            store: {
              type: ['string', 'null'],
              description: trans.__('Id of its store, where that is known')
            }
          },
          required: ['run_id']
        }
      },
      execute: async args => {
        if (typeof args.run_id === 'string') {
          if (typeof args.store === 'string') {
            client.place([args.run_id], args.store);
          }
          state.open(args.run_id);
        }
        await show();
      }
    });
    commands.addCommand(CommandIDs.showCellRuns, {
      label: trans.__('Show the Runs of a Cell'),
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
        if (typeof args.path === 'string' && typeof args.cell_id === 'string') {
          state.notebook = args.path;
          state.choose({ ...FIRST_CHOICE, cell: args.cell_id });
          state.open(null);
        }
        await show();
      }
    });
    palette?.addItem({
      command: CommandIDs.openRuns,
      category: trans.__('Cellruns')
    });
  }
};
