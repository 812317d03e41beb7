import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { RunsError } from '../client/errors';
import type { IPush, IPushClient } from './tokens';
import { endLine, progressLine } from './words';

/** How often the server is asked how far a push is (ms). */
const LOOK = 700;
/** Questions that may fail in a row before the watch gives up. */
const MOST_FAILURES = 20;

/** Shows a push as a notification until it is over, and says how it ended. */
export async function watchPush(options: {
  push: IPush;
  /** What the user calls the store. */
  target: string;
  client: IPushClient;
  trans: TranslationBundle;
  showDetails: (push: IPush) => void;
  pushAgain: () => void;
}): Promise<IPush> {
  const { client, target, trans, showDetails, pushAgain } = options;
  let push = options.push;
  let failures = 0;
  const cancel = {
    label: trans.__('Stop'),
    caption: trans.__('Stop the push; what has arrived stays'),
    callback: (event: MouseEvent) => {
      // The notification stays: it tells when the push has really stopped.
      event.preventDefault();
      void client.cancel(push.id).catch(() => undefined);
    }
  };
  const id = Notification.emit(
    progressLine(push, target, trans),
    'in-progress',
    { autoClose: false, actions: [cancel] }
  );
  while (push.state === 'queued' || push.state === 'running') {
    await new Promise(resolve => setTimeout(resolve, LOOK));
    try {
      push = await client.get(push.id);
      failures = 0;
    } catch (reason) {
      failures += 1;
      const error = RunsError.from(reason);
      if (error.status === 404 || failures > MOST_FAILURES) {
        Notification.update({
          id,
          type: 'error',
          autoClose: false,
          message: trans.__(
            'What became of the push to %1 is not known: %2',
            target,
            error.message
          ),
          actions: []
        });
        return push;
      }
      continue;
    }
    Notification.update({
      id,
      message: progressLine(push, target, trans),
      type: 'in-progress',
      actions: [cancel]
    });
  }
  const last = push;
  const details = {
    label: trans.__('Details'),
    callback: () => showDetails(last)
  };
  const again = { label: trans.__('Push again'), callback: pushAgain };
  const good = push.state === 'done';
  Notification.update({
    id,
    type: good ? 'success' : push.state === 'cancelled' ? 'warning' : 'error',
    message: endLine(push, target, trans),
    autoClose: good ? 8000 : false,
    actions: good ? [details] : [details, again]
  });
  return push;
}
