import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  InputDialog,
  IThemeManager,
  MainAreaWidget,
  Notification,
  WidgetTracker
} from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { DocumentWidget } from '@jupyterlab/docregistry';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { type ReadonlyPartialJSONObject, UUID } from '@lumino/coreutils';

import { tabArea } from '../area';
import type { ChartEngine } from '../charts/engine';
import { Pacer } from '../charts/pacer';
import { IRunsClient } from '../client/tokens';
import { ILiveRuns } from '../live/tokens';
import { type CompareDocument, CompareFactory, textOf } from './document';
import { compareIcon } from './icon';
import { type ICompareState, newState, readState, VIEWS } from './state';
import { CommandIDs, type ICompareHost } from './tokens';
import type { ComparePanel } from './widget';

const FACTORY = 'Cellruns Comparison';
const FILE_TYPE = 'cellruns-compare';
const EXTENSION = '.cellruns-compare.json';

/** Comparisons of runs, as tabs and as files. */
export const comparePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:compare',
  description: 'Compares runs side by side.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [
    IRunsClient,
    ILiveRuns,
    INotebookTracker,
    ILayoutRestorer,
    ILabShell,
    ICommandPalette,
    IThemeManager,
    ITranslator
  ],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    client: IRunsClient | null,
    live: ILiveRuns | null,
    notebooks: INotebookTracker | null,
    restorer: ILayoutRestorer | null,
    labShell: ILabShell | null,
    palette: ICommandPalette | null,
    themes: IThemeManager | null,
    translator: ITranslator | null
  ): void => {
    if (!client) {
      return;
    }
    const { commands, shell, serviceManager, docRegistry } = app;
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    const pacer = new Pacer();
    const panels = new Set<ComparePanel>();
    let engine: Promise<ChartEngine> | null = null;
    const load = (): Promise<ChartEngine> =>
      (engine ??= import('../charts/engine').then(({ loadEngine }) =>
        loadEngine()
      ));

    const makePanel = async (
      state: ICompareState,
      save: ICompareHost['save']
    ): Promise<ComparePanel> => {
      const [{ CompareModel }, { ComparePanel }] = await Promise.all([
        import('./model'),
        import('./widget')
      ]);
      const host: ICompareHost = {
        insert: notebooks
          ? async (source, outputs) => {
              const { insertCell } = await import('./notebook');
              const done = await insertCell(notebooks, source, outputs);
              if (done && notebooks.currentWidget) {
                shell.activateById(notebooks.currentWidget.id);
              }
              return done;
            }
          : null,
        openRun: run_id =>
          void commands.execute('cellruns:open-run', { run_id }),
        save,
        download: (name, content) => {
          const link = document.createElement('a');
          link.href = URL.createObjectURL(content);
          link.download = name;
          link.click();
          window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
        }
      };
      const panel = new ComparePanel({
        model: new CompareModel({ client, live, state }),
        trans,
        host,
        rendermime,
        engine: load,
        pacer
      });
      panels.add(panel);
      panel.disposed.connect(() => panels.delete(panel));
      return panel;
    };
    themes?.themeChanged.connect(() => panels.forEach(p => p.restyle()));

    const tracker = new WidgetTracker<MainAreaWidget<ComparePanel>>({
      namespace: 'cellruns-compare'
    });
    const open = async (state: ICompareState, id?: string): Promise<void> => {
      let widget: MainAreaWidget<ComparePanel> | null = null;
      const save = async (): Promise<void> => {
        if (widget) {
          await saveAsFile(widget);
        }
      };
      const content = await makePanel(state, save);
      const made = new MainAreaWidget({ content });
      widget = made;
      // The layout finds its place again by it.
      made.id = id ?? `jp-Cellruns-compare-${UUID.uuid4()}`;
      content.node.setAttribute('aria-label', trans.__('Comparison of runs'));
      made.title.icon = compareIcon;
      made.title.closable = true;
      const label = (): void => {
        made.title.label = trans._n(
          'Compare %1 run',
          'Compare %1 runs',
          content.model.state.runs.length
        );
        made.title.caption = made.title.label;
      };
      label();
      content.model.stateChanged.connect(() => {
        label();
        void tracker.save(made);
      });
      shell.add(made, tabArea(labShell), {
        rank: 820,
        type: 'Cellruns'
      });
      await tracker.add(made);
      shell.activateById(made.id);
    };
    const saveAsFile = async (
      widget: MainAreaWidget<ComparePanel>
    ): Promise<void> => {
      const folder = PathExt.dirname(
        notebooks?.currentWidget?.context.localPath ?? ''
      );
      const { value } = await InputDialog.getText({
        title: trans.__('Save the comparison as'),
        text: PathExt.join(folder, `comparison${EXTENSION}`),
        okLabel: trans.__('Save')
      });
      if (!value) {
        return;
      }
      const path = value.endsWith(EXTENSION) ? value : value + EXTENSION;
      const { contents } = serviceManager;
      const taken = await contents.get(path, { content: false }).then(
        () => true,
        () => false
      );
      if (taken) {
        Notification.error(
          trans.__('There is a file %1 already; choose another name.', path)
        );
        return;
      }
      await contents.save(path, {
        type: 'file',
        format: 'text',
        content: textOf(widget.content.model.state)
      });
      await commands.execute('docmanager:open', { path, factory: FACTORY });
      widget.dispose();
    };

    commands.addCommand(CommandIDs.compareRuns, {
      label: trans.__('Compare Runs'),
      icon: compareIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            run_ids: {
              type: 'array',
              items: { type: 'string' },
              description: trans.__('Ids of the runs')
            },
            store: {
              type: 'string',
              description: trans.__('Id of the store that the runs are in')
            },
            view: {
              type: 'string',
              enum: [...VIEWS],
              description: trans.__('The view to open')
            },
            id: {
              type: 'string',
              description: trans.__('Id of the tab')
            },
            state: {
              type: 'object',
              description: trans.__('A comparison as its file holds it')
            }
          },
          required: ['run_ids']
        }
      },
      execute: args =>
        open(
          stateOf(args, client),
          typeof args.id === 'string' ? args.id : undefined
        )
    });
    commands.addCommand(CommandIDs.saveComparison, {
      label: trans.__('Save the Comparison as a File'),
      icon: compareIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      isEnabled: () => tracker.currentWidget !== null,
      execute: async () => {
        if (tracker.currentWidget) {
          await saveAsFile(tracker.currentWidget);
        }
      }
    });
    palette?.addItem({
      command: CommandIDs.saveComparison,
      category: trans.__('Cellruns')
    });

    docRegistry.addFileType({
      name: FILE_TYPE,
      displayName: trans.__('Cellruns comparison'),
      extensions: [EXTENSION],
      mimeTypes: ['application/json'],
      fileFormat: 'text',
      contentType: 'file',
      icon: compareIcon
    });
    const factory = new CompareFactory(
      {
        name: FACTORY,
        label: trans.__('Cellruns Comparison'),
        fileTypes: [FILE_TYPE],
        defaultFor: [FILE_TYPE],
        modelName: 'text',
        translator: translator ?? nullTranslator
      },
      state => makePanel(state, null)
    );
    const documents = new WidgetTracker<DocumentWidget<CompareDocument>>({
      namespace: 'cellruns-compare-file'
    });
    factory.widgetCreated.connect((_, widget) => {
      widget.context.pathChanged.connect(() => void documents.save(widget));
      void documents.add(widget);
    });
    docRegistry.addWidgetFactory(factory);
    if (restorer) {
      void restorer.restore(tracker, {
        command: CommandIDs.compareRuns,
        args: widget => {
          const { state } = widget.content.model;
          return {
            id: widget.id,
            run_ids: [...state.runs],
            state: JSON.parse(
              JSON.stringify(state)
            ) as ReadonlyPartialJSONObject
          };
        },
        name: widget => widget.id
      });
      void restorer.restore(documents, {
        command: 'docmanager:open',
        args: widget => ({ path: widget.context.path, factory: FACTORY }),
        name: widget => widget.context.path
      });
    }
  }
};

/** The comparison that a command's arguments ask for. */
function stateOf(
  args: ReadonlyPartialJSONObject,
  client: IRunsClient
): ICompareState {
  try {
    return readState(args.state);
  } catch {
    const given = Array.isArray(args.run_ids) ? args.run_ids : [];
    const ids = given.filter(id => typeof id === 'string');
    return {
      ...newState(ids),
      // A reload of the page, or a file, finds the runs again by it.
      store:
        typeof args.store === 'string'
          ? args.store
          : ids.length > 0
            ? client.storeOf(ids[0])
            : null,
      view: VIEWS.find(view => view === args.view) ?? 'table'
    };
  }
}
