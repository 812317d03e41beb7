import {
  Clipboard,
  Dialog,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { RunsError } from '../client/errors';
import type { IRunDetail, IRunsClient } from '../client/tokens';
import { goToCell } from '../session/go-to-cell';
import { CELLS_ARTIFACT, executedCell, PROVENANCE_TAG } from './record';

/** Most bytes of a record of executed cells (docs/provenance.md). */
const MOST_BYTES = 1 << 20;

/** Opens the notebook of a run at its cell; where that is gone, shows what was executed. */
export async function openCellOfRun(
  runId: string,
  options: {
    client: IRunsClient;
    tracker: INotebookTracker;
    documents: IDocumentManager | null;
    activate: (id: string) => void;
    trans: TranslationBundle;
  }
): Promise<void> {
  const { client, tracker, documents, activate, trans } = options;
  let detail: IRunDetail;
  try {
    detail = await client.run(runId);
  } catch (reason) {
    const { message, hint } = RunsError.from(reason);
    Notification.error(`${message} ${hint}`);
    return;
  }
  const { notebook, cell_id, name } = detail.run;
  if (!notebook || !cell_id) {
    Notification.info(
      trans.__('“%1” was not made by a cell of a notebook.', name)
    );
    return;
  }
  const result = await goToCell(
    notebook,
    cell_id,
    tracker,
    documents,
    activate
  );
  if (result === 'shown') {
    return;
  }
  const reason =
    result === 'no-cell'
      ? trans.__('The cell that made “%1” is no longer in %2.', name, notebook)
      : trans.__(
          '“%1” was made in %2, which could not be opened on this page.',
          name,
          notebook
        );
  await showStored(detail, cell_id, reason, client, trans);
}

async function showStored(
  detail: IRunDetail,
  cellId: string,
  reason: string,
  client: IRunsClient,
  trans: TranslationBundle
): Promise<void> {
  const holder = detail.tags[PROVENANCE_TAG] ?? detail.run.run_id;
  const record = await client
    .artifactText(holder, CELLS_ARTIFACT, MOST_BYTES)
    .catch(() => '');
  const cell = executedCell(record, cellId, detail.run.execution_count);
  if (!cell) {
    Notification.warning(
      `${reason} ${trans.__('Its source was not stored with the run.')}`
    );
    return;
  }
  const node = document.createElement('div');
  node.className = 'jp-Cellruns-dialog';
  const say = (tag: string, text: string) => {
    const child = document.createElement(tag);
    child.textContent = text;
    node.append(child);
    return child;
  };
  say('p', reason);
  say(
    'p',
    cell.truncated
      ? trans.__('This is the beginning of what was executed:')
      : trans.__('This is what was executed:')
  );
  const source = say('pre', cell.source);
  source.tabIndex = 0;
  source.setAttribute('aria-label', trans.__('Stored source of the cell'));
  const { button } = await showDialog({
    title: trans.__('The cell is gone'),
    body: new Widget({ node }),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Close') }),
      Dialog.okButton({ label: trans.__('Copy the Source') })
    ]
  });
  if (button.accept) {
    Clipboard.copyToSystem(cell.source);
  }
}
