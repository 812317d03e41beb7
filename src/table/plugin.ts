import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Clipboard,
  ICommandPalette,
  WidgetTracker,
  type MainAreaWidget
} from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';

import { tabArea } from '../area';
import { IRunsClient } from '../client/tokens';
import { ILiveRuns } from '../live/tokens';
import { cellrunsIcon } from '../runs/icons';
import { markdownRenderer } from '../runs/markdown';
// The commands are there from the start.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { addRunCommands } from './commands';
// Shared by all tabs.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { TableMemory } from './memory';
import { readChoice, resolveScope, type IScopeChoice } from './scope';
import { makeTab, type RunsTab } from './tab';

namespace CommandIDs {
  export const openTable = 'cellruns:open-runs-table';
  export const openRun = 'cellruns:open-run';
}

/** The runs table as a tab, and the commands on runs. */
export const tablePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:table',
  description: 'The runs table in a tab, and commands on runs.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [
    IRunsClient,
    ILiveRuns,
    IRenderMimeRegistry,
    ITranslator,
    ICommandPalette,
    ILayoutRestorer,
    IStateDB,
    ILabShell
  ],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    client: IRunsClient | null,
    live: ILiveRuns | null,
    rendermime: IRenderMimeRegistry | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    stateDB: IStateDB | null,
    labShell: ILabShell | null
  ): void => {
    if (!client) {
      return;
    }
    const { commands, shell } = app;
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    addRunCommands({ commands, client, trans });

    const memory = new TableMemory(stateDB);
    const tracker = new WidgetTracker<MainAreaWidget<RunsTab>>({
      namespace: 'cellruns-table'
    });
    commands.addCommand(CommandIDs.openTable, {
      label: trans.__('Open the Runs Table'),
      icon: cellrunsIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            mode: {
              type: 'string',
              description: trans.__('"notebook", or "all" for experiments')
            },
            store: {
              type: 'string',
              description: trans.__('Id of the store; that of the notebook')
            },
            experiments: {
              type: 'array',
              items: { type: 'string' },
              description: trans.__('Ids of experiments; none for all')
            },
            notebook: {
              type: 'string',
              description: trans.__('Path of the notebook')
            }
          }
        }
      },
      execute: args => {
        const current = notebooks.currentWidget?.context.localPath ?? null;
        const notebook =
          typeof args.notebook === 'string' ? args.notebook : current;
        const choice = readChoice(
          args.mode === undefined ? { mode: 'all' } : args
        );
        const id = tabId(choice, notebook);
        const open = tracker.find(
          one => tabId(one.content.choice, one.content.notebook) === id
        );
        if (open) {
          shell.activateById(open.id);
          return open;
        }
        const widget = makeTab({
          client,
          live,
          memory,
          trans,
          commands,
          copy: text => Clipboard.copyToSystem(text),
          markdown: markdownRenderer(rendermime),
          choice,
          notebook,
          onOpen: runId =>
            void commands.execute(CommandIDs.openRun, { run_id: runId })
        });
        widget.id = `jp-Cellruns-${UUID.uuid4()}`;
        widget.title.label = trans.__('Runs');
        widget.title.icon = cellrunsIcon;
        widget.title.closable = true;
        shell.add(widget, tabArea(labShell), {
          rank: 805,
          type: 'Cellruns'
        });
        shell.activateById(widget.id);
        widget.content.choiceChanged.connect(() => void tracker.save(widget));
        void tracker.add(widget);
        return widget;
      }
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.openTable,
      name: ({ content }) => tabId(content.choice, content.notebook),
      args: ({ content }) => ({
        mode: content.choice.mode,
        ...(content.choice.store ? { store: content.choice.store } : {}),
        ...(content.choice.experiments
          ? { experiments: [...content.choice.experiments] }
          : {}),
        ...(content.notebook === null ? {} : { notebook: content.notebook })
      })
    });
    palette?.addItem({
      command: CommandIDs.openTable,
      category: trans.__('Cellruns')
    });
  }
};

/** One tab for each choice of runs. */
function tabId(choice: IScopeChoice, notebook: string | null): string {
  return resolveScope({ ...choice, deleted: false }, notebook).place;
}
