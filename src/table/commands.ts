import {
  Clipboard,
  Dialog,
  InputDialog,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { RunsError } from '../client/errors';
import type { IEdited, IRunsClient, RunsChange } from '../client/tokens';
import { RunCommands } from './command-ids';
import { askNote, askTag } from './dialogs';
import { localCommand, mlflowPage } from './mlflow-ui';

/** How long the undo of a delete is offered (ms). */
const UNDO_MS = 15_000;

/** Commands on runs: tag, rename, note, delete, restore, end, copy ids, open in MLflow's UI. */
export function addRunCommands(options: {
  commands: CommandRegistry;
  client: IRunsClient;
  trans: TranslationBundle;
}): void {
  const { commands, client, trans } = options;
  const edit = async (
    ids: readonly string[],
    change: RunsChange,
    store: string | undefined
  ): Promise<IEdited | null> => {
    try {
      const edited = await client.editRuns(ids, change, store);
      if (edited.refused.length > 0) {
        Notification.error(
          trans._n(
            '%1 run was left as it is: %2',
            '%1 runs were left as they are: %2',
            edited.refused.length,
            edited.refused[0].message
          ),
          { autoClose: false }
        );
      }
      return edited;
    } catch (reason) {
      const { message, hint } = RunsError.from(reason);
      Notification.error(`${message} ${hint}`, { autoClose: false });
      return null;
    }
  };
  const add = (
    id: string,
    label: (ids: readonly string[], args: ReadonlyPartialJSONObject) => string,
    execute: (
      ids: readonly string[],
      args: ReadonlyPartialJSONObject,
      store: string | undefined
    ) => Promise<void>,
    more: Record<string, { type: string; description: string }> = {}
  ) =>
    commands.addCommand(id, {
      label: args => label(runIds(args), args),
      isEnabled: args => args.run_ids === undefined || runIds(args).length > 0,
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
              description: trans.__('Id of the store they are in')
            },
            ...more
          },
          required: ['run_ids']
        }
      },
      execute: async args => {
        const ids = runIds(args);
        if (ids.length > 0) {
          const store = typeof args.store === 'string' ? args.store : undefined;
          await execute(ids, args, store);
        }
      }
    });
  const text = (description: string) => ({ type: 'string', description });

  add(
    RunCommands.tag,
    () => trans.__('Tag…'),
    async (ids, args, store) => {
      const given =
        typeof args.key === 'string' && typeof args.value === 'string'
          ? { set: { [args.key]: args.value } }
          : await askTag(ids.length, trans);
      if (given) {
        await edit(ids, { change: 'tags', ...given }, store);
      }
    },
    {
      key: text(trans.__('Name of the tag')),
      value: text(trans.__('Its value'))
    }
  );

  add(
    RunCommands.rename,
    () => trans.__('Rename…'),
    async (ids, args, store) => {
      const known = ids.length === 1 ? await nameOf(client, ids[0]) : '';
      const name =
        typeof args.name === 'string'
          ? args.name
          : (
              await InputDialog.getText({
                title: trans._n('Rename the run', 'Rename %1 runs', ids.length),
                label: trans.__('Name'),
                text: known,
                okLabel: trans.__('Rename')
              })
            ).value?.trim();
      if (name && name !== known) {
        await edit(ids, { change: 'rename', name }, store);
      }
    },
    { name: text(trans.__('The new name')) }
  );

  add(
    RunCommands.note,
    () => trans.__('Note…'),
    async (ids, args, store) => {
      const known =
        ids.length === 1 ? ((await summary(client, ids[0]))?.note ?? '') : '';
      const note =
        typeof args.note === 'string'
          ? args.note
          : await askNote(ids.length, known, trans);
      if (note !== null && note !== known) {
        await edit(ids, { change: 'note', note }, store);
      }
    },
    { note: text(trans.__('The note, in Markdown')) }
  );

  add(
    RunCommands.end,
    (_, args) => endLabel(args.status, trans),
    async (ids, args, store) => {
      const status = STATUSES.find(one => one === args.status) ?? 'FINISHED';
      await edit(ids, { change: 'end', status }, store);
    },
    { status: text(trans.__('FINISHED, FAILED or KILLED')) }
  );

  add(
    RunCommands.remove,
    ids => trans._n('Delete %1 Run', 'Delete %1 Runs', ids.length),
    async (ids, _, store) => {
      const edited = await edit(ids, { change: 'delete' }, store);
      const gone = edited?.changed ?? [];
      if (gone.length > 0) {
        Notification.info(
          trans._n('%1 run deleted.', '%1 runs deleted.', gone.length),
          {
            autoClose: UNDO_MS,
            actions: [
              {
                label: trans.__('Undo'),
                callback: () => void edit(gone, { change: 'restore' }, store)
              }
            ]
          }
        );
      }
    }
  );

  add(
    RunCommands.restore,
    ids => trans._n('Restore %1 Run', 'Restore %1 Runs', ids.length),
    async (ids, _, store) => {
      await edit(ids, { change: 'restore' }, store);
    }
  );

  add(
    RunCommands.copyIds,
    ids => trans._n('Copy the Run Id', 'Copy the Run Ids', ids.length),
    ids => {
      Clipboard.copyToSystem(ids.join('\n'));
      return Promise.resolve();
    }
  );

  add(
    RunCommands.openInMlflow,
    () => trans.__('Open in MLflow’s UI'),
    async ids => {
      try {
        const [{ store }, { runs }] = await Promise.all([
          client.status(),
          client.runs({ ids: ids.slice(0, 100) })
        ]);
        if (store.kind === 'remote') {
          window.open(
            mlflowPage(store.location, runs),
            '_blank',
            'noopener,noreferrer'
          );
          return;
        }
        await offerLocalPage(
          commands,
          localCommand(store.location),
          mlflowPage('http://127.0.0.1:5000', runs),
          trans
        );
      } catch (reason) {
        const { message, hint } = RunsError.from(reason);
        Notification.error(`${message} ${hint}`);
      }
    }
  );
}

const STATUSES = ['FINISHED', 'FAILED', 'KILLED'] as const;

function endLabel(status: unknown, trans: TranslationBundle): string {
  switch (status) {
    case 'FAILED':
      return trans.__('End as Failed');
    case 'KILLED':
      return trans.__('End as Killed');
    default:
      return trans.__('End as Finished');
  }
}

function runIds(args: ReadonlyPartialJSONObject): string[] {
  const ids = args.run_ids;
  return Array.isArray(ids)
    ? ids.filter((id): id is string => typeof id === 'string')
    : [];
}

async function summary(
  client: IRunsClient,
  id: string
): Promise<{ name: string; note: string | null } | undefined> {
  return (await client.runs({ ids: [id] }).catch(() => null))?.runs[0];
}

async function nameOf(client: IRunsClient, id: string): Promise<string> {
  return (await summary(client, id))?.name ?? '';
}

/** MLflow's UI of the local store is a server that the user starts: the command for it, and where it will answer. */
async function offerLocalPage(
  commands: CommandRegistry,
  command: string,
  page: string,
  trans: TranslationBundle
): Promise<void> {
  const body = document.createElement('div');
  body.className = 'jp-Cellruns-dialog';
  const say = (tag: string, said: string) => {
    const node = document.createElement(tag);
    node.textContent = said;
    body.append(node);
    return node;
  };
  say(
    'p',
    trans.__(
      'The local store is a database file, and MLflow’s UI a server of its own. Start it in a terminal:'
    )
  );
  say('pre', command);
  say('p', trans.__('Then open:'));
  const link = say('a', page) as HTMLAnchorElement;
  link.href = page;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  const { Widget } = await import('@lumino/widgets');
  const hasTerminal = commands.hasCommand('terminal:create-new');
  const { button } = await showDialog({
    title: trans.__('MLflow’s UI of the local store'),
    body: new Widget({ node: body }),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Close') }),
      Dialog.okButton({
        label: hasTerminal
          ? trans.__('Copy, and Open a Terminal')
          : trans.__('Copy the Command')
      })
    ]
  });
  if (button.accept) {
    Clipboard.copyToSystem(command);
    if (hasTerminal) {
      await commands.execute('terminal:create-new');
    }
  }
}
