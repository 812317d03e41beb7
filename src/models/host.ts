import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard, Dialog, showDialog } from '@jupyterlab/apputils';
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
import type { ModelAddress } from './source';
import { IKernelChoice, IModelHost } from './tokens';

/** The client of the routes of models. */
export function makeClient(
  app: JupyterFrontEnd,
  trans: TranslationBundle
): ModelsClient {
  const { serverSettings } = app.serviceManager;
  const baseUrl = URLExt.join(serverSettings.baseUrl, 'cellruns');
  return new ModelsClient(
    new Http({ baseUrl, token: serverSettings.token, trans }),
    baseUrl
  );
}

/** What the model view needs, from the application. */
export function makeHost(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker | null,
  trans: TranslationBundle
): IModelHost {
  const { serviceManager, commands, shell } = app;
  return {
    contents: serviceManager.contents,
    client: makeClient(app, trans),
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
    execute: (command, args) => {
      if (commands.hasCommand(command)) {
        void commands.execute(command, args);
      }
    },
    has: command => commands.hasCommand(command),
    allowsCode: (model, uuid) => allowsCode(model, uuid, trans),
    notebookChanged: notebooks?.currentChanged ?? null,
    notebookPath: () => notebooks?.currentWidget?.context.localPath ?? null,
    notebookFolder: () =>
      notebooks?.currentWidget
        ? PathExt.dirname(notebooks.currentWidget.context.localPath)
        : null
  };
}

/** Where this browser keeps which models the user has allowed to run. */
const ALLOWED = 'jupyterlab-cellruns:allowed-models';
const MAX_ALLOWED = 200;

/** Asks once for each model: loading one runs code that lies in it. */
async function allowsCode(
  model: ModelAddress,
  uuid: string | null,
  trans: TranslationBundle
): Promise<boolean> {
  const key = `${'uri' in model ? model.uri : model.path} ${uuid ?? ''}`;
  let allowed: string[] = [];
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(ALLOWED) ?? '[]');
    allowed = Array.isArray(kept) ? kept.map(String) : [];
  } catch {
    // What cannot be read is asked again.
  }
  if (allowed.includes(key)) {
    return true;
  }
  const result = await showDialog({
    title: trans.__('Run the code of this model?'),
    body: trans.__(
      'A model is code: loading it runs what lies in its files (pickled objects, Python modules), with your rights on this server. It runs in a process of its own, but that is no protection against a model made to do harm. Run it only if you trust where it comes from.'
    ),
    buttons: [
      Dialog.cancelButton(),
      Dialog.warnButton({ label: trans.__('Run It') })
    ],
    // The safe answer is the one that Enter gives.
    defaultButton: 0
  });
  if (!result.button.accept) {
    return false;
  }
  try {
    const kept = [...allowed, key].slice(-MAX_ALLOWED);
    localStorage.setItem(ALLOWED, JSON.stringify(kept));
  } catch {
    // Asked again next time.
  }
  return true;
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
