import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  MainAreaWidget,
  Notification,
  WidgetTracker
} from '@jupyterlab/apputils';
import type { DocumentWidget } from '@jupyterlab/docregistry';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { ToolbarButton } from '@jupyterlab/ui-components';

import { tabArea } from '../area';
import { IRunsClient } from '../client/tokens';
import { ProjectDocument, ProjectFactory } from './document';
import { exportIcon, projectIcon } from './icon';
import type { ProjectPage } from './page';

namespace CommandIDs {
  export const exportNotebook = 'cellruns:export-notebook';
  export const openProjects = 'cellruns:open-projects';
  export const rerun = 'cellruns:run-again';
}

const FACTORY = 'MLflow Project';
const FILE_TYPE = 'mlflow-project';

/** The export of a notebook: its command, in the File menu and the notebook's toolbar by the settings schema. */
export const exportPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:export',
  description: 'Exports a notebook as an MLproject, and proves that it runs.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [IRunsClient, ITranslator, ICommandPalette, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    runs: IRunsClient | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    const { commands } = app;
    // The menu and the toolbar stand in the schema; they come with the settings.
    void settings?.load(exportPlugin.id).catch(() => undefined);
    commands.addCommand(CommandIDs.exportNotebook, {
      label: args =>
        args.toolbar ? '' : trans.__('Export Notebook as MLproject…'),
      caption: trans.__('Export the notebook as an MLproject that runs'),
      icon: args => (args.isMenu ? undefined : exportIcon),
      isEnabled: () => notebooks.currentWidget !== null,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            toolbar: {
              type: 'boolean',
              description: trans.__('Whether it is in a toolbar, without text')
            }
          }
        }
      },
      execute: async () => {
        const panel = notebooks.currentWidget;
        if (!panel) {
          return;
        }
        const [
          { ExportModel },
          { ExportBody },
          { makeHost },
          { exportSource }
        ] = await Promise.all([
          import('./export-model'),
          import('./export-dialog'),
          import('./host'),
          import('./notebook')
        ]);
        await panel.context.ready;
        const model = new ExportModel(
          makeHost(app, notebooks, trans),
          exportSource(panel, runs),
          trans
        );
        const dialog: Dialog<unknown> = new Dialog({
          title: trans.__('Export as MLproject'),
          body: new ExportBody(model, () => dialog.reject()),
          buttons: [Dialog.cancelButton({ label: trans.__('Close') })],
          hasClose: true
        });
        dialog.addClass('jp-Cellruns-exportDialog');
        void model.start();
        await dialog.launch();
        dialog.dispose();
      }
    });
    commands.notifyCommandChanged(CommandIDs.exportNotebook);
    notebooks.currentChanged.connect(() =>
      commands.notifyCommandChanged(CommandIDs.exportNotebook)
    );
    palette?.addItem({
      command: CommandIDs.exportNotebook,
      category: trans.__('Cellruns')
    });
  }
};

/** Opens MLproject files as projects that can be run; runs projects from Git; runs a run again. */
export const projectsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:projects',
  description: 'Opens MLproject files, and runs projects on the server.',
  autoStart: true,
  optional: [
    INotebookTracker,
    IRunsClient,
    ILayoutRestorer,
    ITranslator,
    ICommandPalette,
    ILabShell
  ],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker | null,
    runs: IRunsClient | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    labShell: ILabShell | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    const { commands, shell, docRegistry } = app;
    const { contents } = app.serviceManager;

    docRegistry.addFileType({
      name: FILE_TYPE,
      displayName: trans.__('MLflow Project'),
      pattern: '^[Mm][Ll][Pp]roject(\\.ya?ml)?$',
      mimeTypes: ['text/yaml'],
      fileFormat: 'text',
      contentType: 'file',
      icon: projectIcon
    });
    const edit = async (
      path: string,
      ref: string,
      line: number,
      column: number
    ): Promise<void> => {
      const widget: unknown = await commands.execute('docmanager:open', {
        path,
        factory: 'Editor',
        options: { mode: 'split-right', ref }
      });
      // The file editor is optional, so only the part that is used is named here.
      const opened = widget as {
        context?: { ready: Promise<void> };
        content?: {
          editor?: {
            setCursorPosition(at: { line: number; column: number }): void;
            focus(): void;
          };
        };
      } | null;
      await opened?.context?.ready;
      opened?.content?.editor?.setCursorPosition({
        line: line - 1,
        column: column - 1
      });
      opened?.content?.editor?.focus();
    };
    const factory = new ProjectFactory(
      {
        name: FACTORY,
        label: trans.__('MLflow Project'),
        fileTypes: [FILE_TYPE],
        defaultFor: [FILE_TYPE],
        modelName: 'text',
        translator: translator ?? nullTranslator
      },
      {
        make: async tools => {
          const [{ ProjectModel }, { ProjectView }, { makeHost }] =
            await Promise.all([
              import('./project-model'),
              import('./project-view'),
              import('./host')
            ]);
          const model = new ProjectModel(
            makeHost(app, notebooks, trans),
            trans
          );
          const widget = new ProjectView(
            model,
            () => tools.keepDefaults(),
            (line, column) => tools.goToLine(line, column)
          );
          return { model, widget };
        },
        edit: (path, ref, line, column) => void edit(path, ref, line, column),
        list: async folder => {
          const listing = await contents.get(folder, { content: true });
          return (listing.content as { name: string; type: string }[])
            .filter(item => item.type !== 'directory')
            .map(item => item.name);
        },
        sourceLabel: trans.__('Source'),
        sourceButton: onClick =>
          new ToolbarButton({
            label: trans.__('Source'),
            tooltip: trans.__('Edit the text beside this view'),
            onClick
          })
      }
    );
    const tracker = new WidgetTracker<DocumentWidget<ProjectDocument>>({
      namespace: 'cellruns-project'
    });
    factory.widgetCreated.connect((_, widget) => {
      widget.context.pathChanged.connect(() => void tracker.save(widget));
      void tracker.add(widget);
    });
    docRegistry.addWidgetFactory(factory);
    if (restorer) {
      void restorer.restore(tracker, {
        command: 'docmanager:open',
        args: widget => ({ path: widget.context.path, factory: FACTORY }),
        name: widget => widget.context.path
      });
    }

    let page: MainAreaWidget<ProjectPage> | null = null;
    const openPage = async (): Promise<ProjectPage> => {
      if (!page || page.isDisposed) {
        const [{ ProjectPage }, { makeHost }] = await Promise.all([
          import('./page'),
          import('./host')
        ]);
        const content = new ProjectPage(makeHost(app, notebooks, trans), trans);
        const made = new MainAreaWidget({ content });
        page = made;
        made.id = 'jupyterlab-cellruns-projects';
        made.title.label = trans.__('Projects');
        made.title.icon = projectIcon;
        made.title.closable = true;
        shell.add(made, tabArea(labShell), {
          rank: 830,
          type: 'Cellruns'
        });
      }
      shell.activateById(page.id);
      return page.content;
    };
    commands.addCommand(CommandIDs.openProjects, {
      label: trans.__('Run a Project…'),
      caption: trans.__('Run an MLproject from a folder or from Git'),
      icon: projectIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            uri: {
              type: 'string',
              description: trans.__('Folder or Git address')
            },
            version: {
              type: 'string',
              description: trans.__('Branch, tag or commit')
            }
          }
        }
      },
      execute: async args => {
        const opened = await openPage();
        if (typeof args.uri === 'string') {
          opened.uri = args.uri;
          opened.version = typeof args.version === 'string' ? args.version : '';
          await opened.look();
        }
      }
    });
    palette?.addItem({
      command: CommandIDs.openProjects,
      category: trans.__('Cellruns')
    });
    if (runs) {
      commands.addCommand(CommandIDs.rerun, {
        label: trans.__('Run Again…'),
        caption: trans.__('Run the project of this run with other parameters'),
        describedBy: {
          args: {
            type: 'object',
            properties: {
              run_id: { type: 'string', description: trans.__('Id of the run') }
            },
            required: ['run_id']
          }
        },
        execute: async args => {
          const runId = typeof args.run_id === 'string' ? args.run_id : '';
          const release =
            page && !page.isDisposed ? page.content.hold() : () => undefined;
          const [{ requestOf }, detail] = await Promise.all([
            import('./rerun'),
            runs.run(runId)
          ]).finally(release);
          const request = requestOf(detail);
          if (!request) {
            Notification.warning(
              trans.__('This run does not come from a project.'),
              { autoClose: 5000 }
            );
            return;
          }
          const opened = await openPage();
          await opened.present({
            ...request,
            experiment: request.experiment || detail.run.experiment_name
          });
        }
      });
    }
  }
};
