import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { RunsError } from '../client/errors';
import type { IFolder, IFoldersClient, IMigration } from './tokens';

/** How often the server is asked whether the migration is done (ms). */
const LOOK = 1000;

/** Asks, has the server migrate a folder, and tells what came of it. */
export async function migrateFolder(
  folder: IFolder,
  client: IFoldersClient,
  trans: TranslationBundle
): Promise<void> {
  const answer = await showDialog({
    title: trans.__('Migrate the runs in %1?', folder.label),
    body: trans.__(
      'MLflow’s own command, mlflow migrate-filestore, copies all runs of %1 with their ids into this server’s database mlflow.db; what is in the database stays. The folder is only read and stays as it is. The artifacts are not copied: they stay in the folder, so keep it. Runs that were migrated before are not doubled.',
      folder.location
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Migrate') })
    ]
  });
  if (!answer.button.accept) {
    return;
  }
  const id = Notification.emit(
    trans.__('Migrating the runs in %1…', folder.label),
    'in-progress',
    { autoClose: false }
  );
  try {
    let migration = await client.migrate(folder.id);
    while (migration.state === 'running') {
      await new Promise(resolve => setTimeout(resolve, LOOK));
      migration = await client.migration(folder.id);
    }
    Notification.update({ id, ...outcome(folder, migration, trans) });
  } catch (reason) {
    const { message, hint } = RunsError.from(reason);
    Notification.update({
      id,
      type: 'error',
      autoClose: false,
      message: `${message} ${hint}`.trim()
    });
  }
}

/** What came of a migration, as a notification says it. */
export function outcome(
  folder: IFolder,
  migration: IMigration,
  trans: TranslationBundle
): { message: string; type: 'success' | 'error'; autoClose: number | false } {
  const { result, error } = migration;
  if (migration.state === 'done' && result) {
    const said = [
      trans._n(
        '%1 run of %2 is in mlflow.db',
        '%1 runs of %2 are in mlflow.db',
        result.runs,
        folder.label
      )
    ];
    if (result.new_runs < result.runs) {
      said.push(
        trans.__('%1 of them were there before', result.runs - result.new_runs)
      );
    }
    for (const one of result.renamed) {
      said.push(trans.__('renamed experiment: %1', one));
    }
    return {
      message: `${said.join('; ')}.`,
      type: 'success',
      autoClose: result.renamed.length > 0 ? false : 10_000
    };
  }
  return {
    message: error
      ? `${error.message} ${error.hint ?? ''}`.trim()
      : trans.__('The runs in %1 were not migrated.', folder.label),
    type: 'error',
    autoClose: false
  };
}
