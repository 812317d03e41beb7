import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  InputDialog,
  Notification
} from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { tabArea } from '../area';
import { RunsError } from '../client/errors';
// The first look is taken at the start.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { Http } from '../client/http';
import { FoldersClient } from './client';
import type { IFolder } from './tokens';

namespace CommandIDs {
  export const show = 'cellruns:show-folder';
  export const migrate = 'cellruns:migrate-folder';
}

/** Where it is kept which folders the user was told of. */
const TOLD = 'jupyterlab-cellruns:folders';

/** Folders `mlruns` of older MLflows: tells of them once, shows their runs, has them migrated. */
export const foldersPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:folders',
  description: 'Shows the runs in mlruns folders and migrates them.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ITranslator, ICommandPalette, IStateDB, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    stateDB: IStateDB | null,
    labShell: ILabShell | null
  ): void => {
    const { commands, shell, serviceManager } = app;
    const { serverSettings } = serviceManager;
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    const client = new FoldersClient(
      new Http({
        baseUrl: URLExt.join(serverSettings.baseUrl, 'cellruns'),
        token: serverSettings.token,
        trans
      })
    );
    const notebook = () => tracker.currentWidget?.context.localPath ?? null;

    const choose = async (id: unknown): Promise<IFolder | null> => {
      const folders = await client.folders(notebook());
      const named = folders.find(one => one.id === id);
      if (named || folders.length === 0) {
        if (!named) {
          Notification.info(
            trans.__(
              'There is no mlruns folder of an older MLflow in the root directory or beside the notebook.'
            )
          );
        }
        return named ?? null;
      }
      if (folders.length === 1) {
        return folders[0];
      }
      const answer = await InputDialog.getItem({
        title: trans.__('Which folder?'),
        items: folders.map(one => one.label)
      });
      return folders.find(one => one.label === answer.value) ?? null;
    };
    const fail = (reason: unknown) => {
      const { message, hint } = RunsError.from(reason);
      Notification.error(`${message} ${hint}`.trim(), { autoClose: false });
    };
    const describedBy = {
      args: {
        type: 'object',
        properties: {
          store: {
            type: 'string',
            description: trans.__('Id of the folder as a store')
          }
        }
      }
    } as const;

    commands.addCommand(CommandIDs.migrate, {
      label: trans.__('Migrate the Runs of an mlruns Folder…'),
      describedBy,
      execute: async args => {
        try {
          const folder = await choose(args.store);
          if (folder) {
            const { migrateFolder } = await import('./migrate');
            await migrateFolder(folder, client, trans);
          }
        } catch (reason) {
          fail(reason);
        }
      }
    });
    commands.addCommand(CommandIDs.show, {
      label: trans.__('Show the Runs of an mlruns Folder'),
      describedBy,
      execute: async args => {
        try {
          const folder = await choose(args.store);
          if (!folder) {
            return;
          }
          const id = `jp-cellruns-folder-${folder.id}`;
          const area = tabArea(labShell);
          if (![...shell.widgets(area)].some(one => one.id === id)) {
            const { makeFolderTab } = await import('./tab');
            const migrate = () =>
              void commands.execute(CommandIDs.migrate, { store: folder.id });
            shell.add(
              makeFolderTab({
                folder,
                serverSettings,
                commands,
                trans,
                migrate
              }),
              area,
              { rank: 840, type: 'Cellruns' }
            );
          }
          shell.activateById(id);
        } catch (reason) {
          fail(reason);
        }
      }
    });
    for (const command of Object.values(CommandIDs)) {
      palette?.addItem({ command, category: trans.__('Cellruns') });
    }

    const told = new Set<string>();
    const remembered = (stateDB?.fetch(TOLD) ?? Promise.resolve(undefined))
      .then(ids => {
        for (const id of Array.isArray(ids) ? ids : []) {
          told.add(String(id));
        }
      })
      .catch(() => undefined);
    const look = async () => {
      await remembered;
      for (const folder of await client.folders(notebook())) {
        if (told.has(folder.location) || folder.migration === 'done') {
          continue;
        }
        told.add(folder.location);
        void stateDB?.save(TOLD, [...told]);
        const store = folder.id;
        Notification.info(
          trans.__(
            '%1 holds runs of an older MLflow. They can be shown here, and copied into mlflow.db.',
            folder.label
          ),
          {
            autoClose: false,
            actions: [
              {
                label: trans.__('Show'),
                callback: () =>
                  void commands.execute(CommandIDs.show, { store })
              },
              {
                label: trans.__('Migrate…'),
                callback: () =>
                  void commands.execute(CommandIDs.migrate, { store })
              }
            ]
          }
        );
      }
    };
    // Without the server extension there is nothing to tell of, and others say so.
    const lookQuietly = () => void look().catch(() => undefined);
    void app.restored.then(() => {
      lookQuietly();
      tracker.currentChanged.connect(lookQuietly);
    });
  }
};
