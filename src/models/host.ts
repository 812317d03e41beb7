import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard } from '@jupyterlab/apputils';
import { PathExt, URLExt } from '@jupyterlab/coreutils';
import {
  INotebookTracker,
  NotebookActions,
  NotebookPanel
} from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Http } from '../client/http';
import { ModelsClient } from './client';
import { oneLine } from './paths';
import { IKernelChoice, IModelHost } from './tokens';

/** What the model view needs, from the application. */
export function makeHost(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker | null,
  trans: TranslationBundle
): IModelHost {
  const { serviceManager, commands, shell } = app;
  const { serverSettings } = serviceManager;
  const http = new Http({
    baseUrl: URLExt.join(serverSettings.baseUrl, 'cellruns'),
    token: serverSettings.token,
    trans
  });
  return {
    contents: serviceManager.contents,
    client: new ModelsClient(http),
    kernels: () => kernelChoices(app, notebooks?.currentWidget ?? null),
    insert: notebooks
      ? async code => {
          const panel = notebooks.currentWidget;
          if (panel) {
            await insertCode(panel, code);
            shell.activateById(panel.id);
          }
        }
      : null,
    terminal: commands.hasCommand('terminal:create-new')
      ? async (code, folder) => {
          const widget: unknown = await commands.execute(
            'terminal:create-new',
            { cwd: folder }
          );
          await typeInto(widget, oneLine(code));
        }
      : null,
    copy: text => Clipboard.copyToSystem(text),
    edit: path => {
      void commands.execute('docmanager:open', { path, factory: 'Editor' });
    },
    notebookChanged: notebooks?.currentChanged ?? null,
    notebookFolder: () =>
      notebooks?.currentWidget
        ? PathExt.dirname(notebooks.currentWidget.context.localPath)
        : null
  };
}

/** The kernel of the notebook in use, other running kernels, then kernelspecs, the default first. */
async function kernelChoices(
  app: JupyterFrontEnd,
  current: NotebookPanel | null
): Promise<IKernelChoice[]> {
  const { kernelspecs, sessions } = app.serviceManager;
  await Promise.all([kernelspecs.ready, sessions.refreshRunning()]);
  const specs = kernelspecs.specs?.kernelspecs ?? {};
  const title = (name: string): string => specs[name]?.display_name ?? name;
  const choices = new Map<string, IKernelChoice>();
  for (const session of sessions.running()) {
    if (session.kernel) {
      const { id, name } = session.kernel;
      const file = PathExt.basename(session.path) || session.name;
      choices.set(id, { id, name, label: `${file} (${title(name)})` });
    }
  }
  const used = current?.sessionContext.session?.kernel?.id;
  const running = [...choices.values()].sort(
    (a, b) => Number(b.id === used) - Number(a.id === used)
  );
  const first = kernelspecs.specs?.default;
  const idle = Object.keys(specs)
    .sort((a, b) => Number(b === first) - Number(a === first))
    .map(name => ({ id: null, name, label: title(name) }));
  return [...running, ...idle];
}

/** At the cursor of the active code cell; into a new cell below where that is no code cell. */
async function insertCode(panel: NotebookPanel, code: string): Promise<void> {
  const notebook = panel.content;
  if (notebook.activeCell?.model.type !== 'code') {
    NotebookActions.insertBelow(notebook);
  }
  const cell = notebook.activeCell;
  await cell?.ready;
  if (cell?.editor) {
    cell.editor.replaceSelection?.(code);
    notebook.mode = 'edit';
  } else if (cell) {
    const source = cell.model.sharedModel.getSource();
    cell.model.sharedModel.setSource(source ? `${source}\n${code}` : code);
  }
}

interface ITerminalSession {
  messageReceived: {
    connect(slot: () => void): void;
    disconnect(slot: () => void): void;
  };
  connectionStatus: string;
  connectionStatusChanged: {
    connect(slot: () => void): void;
    disconnect(slot: () => void): void;
  };
  send(message: { type: 'stdin'; content: string[] }): void;
}

/** Milliseconds to wait for the prompt of a shell. */
const PROMPT_WAIT = 3000;

/** Types a line without ending it: the user presses Enter. */
async function typeInto(widget: unknown, line: string): Promise<void> {
  // The terminal package is optional, so only the part that is used is named here.
  const session = (
    widget as { content?: { session?: ITerminalSession } } | null
  )?.content?.session;
  if (!session) {
    return;
  }
  if (session.connectionStatus !== 'connected') {
    await new Promise<void>(resolve => {
      const check = (): void => {
        if (session.connectionStatus === 'connected') {
          session.connectionStatusChanged.disconnect(check);
          resolve();
        }
      };
      session.connectionStatusChanged.connect(check);
    });
  }
  // What is typed before the shell shows its prompt would be shown twice.
  await new Promise<void>(resolve => {
    const ready = (): void => {
      session.messageReceived.disconnect(ready);
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(ready, PROMPT_WAIT);
    session.messageReceived.connect(ready);
  });
  session.send({ type: 'stdin', content: [line] });
}
