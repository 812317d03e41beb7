import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { JSONExt, type PartialJSONValue } from '@lumino/coreutils';

import type { ICardOutput } from '../client/tokens';
import { CARD_MIME } from './payload';

/** How long after the kernel is free cards of the execution before may still be on their way (ms). */
const LATE = 2000;

/** Put the card of a running cell under it, in the place of an older one where there is one. */
export function placeCard(cell: ICellModel, card: ICardOutput): void {
  if (cell.type !== 'code' || cell.id !== card.cell_id) {
    return;
  }
  const { outputs } = cell as ICodeCellModel;
  const value = card.data as Record<string, PartialJSONValue>;
  const output = { output_type: 'display_data', data: value, metadata: {} };
  for (let i = 0; i < outputs.length; i++) {
    const shown = outputs.get(i).data[CARD_MIME];
    if (shown !== undefined) {
      if (!JSONExt.deepEqual(shown, value[CARD_MIME])) {
        outputs.set(i, output);
      }
      return;
    }
  }
  outputs.add(output);
}

/**
 * Hear of cards that a kernel shows for a page that is no more.
 *
 * #### Notes
 * A kernel that was busy when this page came has an execution whose outputs
 * nobody here awaits. It ends before the kernel answers anything.
 */
export function hearCards(
  kernel: Kernel.IKernelConnection,
  take: (card: ICardOutput) => void
): void {
  const slot = (
    _: Kernel.IKernelConnection,
    msg: KernelMessage.IIOPubMessage
  ): void => {
    const card = cardOf(msg);
    const parent = msg.parent_header as { session?: string };
    if (card && parent.session !== kernel.clientId) {
      take(card);
    }
  };
  kernel.iopubMessage.connect(slot);
  const leave = (): void => {
    window.setTimeout(() => kernel.iopubMessage.disconnect(slot), LATE);
  };
  kernel.info.then(leave, leave);
}

/** The card that a notice of the kernel carries, if it does. */
export function cardOf(msg: KernelMessage.IMessage): ICardOutput | null {
  const type: string = msg.header.msg_type;
  const { kind, text } = msg.content as { kind?: unknown; text?: unknown };
  if (
    type !== 'cellruns_notice' ||
    kind !== 'card' ||
    typeof text !== 'string'
  ) {
    return null;
  }
  try {
    const card = JSON.parse(text) as ICardOutput | null;
    return card?.data && typeof card.cell_id === 'string' ? card : null;
  } catch {
    return null;
  }
}
