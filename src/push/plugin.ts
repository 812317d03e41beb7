import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { RunsError } from '../client/errors';
// A class without weight: axios comes with the first request.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { Http } from '../client/http';
import { PushClient } from './client';
import type { IPushRequest } from './tokens';

namespace CommandIDs {
  export const pushRuns = 'cellruns:push-runs';
}

/** Copies of runs in another store: asks where, tells how far it is and how it ended. */
export const pushPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:push',
  description: 'Pushes runs to another tracking store.',
  autoStart: true,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    const { serverSettings } = app.serviceManager;
    const client = new PushClient(
      new Http({
        baseUrl: URLExt.join(serverSettings.baseUrl, 'cellruns'),
        token: serverSettings.token,
        trans
      })
    );

    const push = async (request: IPushRequest, target: string) => {
      const [{ watchPush }, { showDetails }] = await Promise.all([
        import('./watch'),
        import('./dialogs')
      ]);
      await watchPush({
        push: await client.start(request),
        target,
        client,
        trans,
        showDetails: ended => showDetails(ended, target, trans),
        pushAgain: () => void push(request, target).catch(fail)
      });
    };
    const fail = (reason: unknown) => {
      const error = RunsError.from(reason);
      Notification.error(
        trans.__('The runs could not be pushed: %1', error.message) +
          (error.hint ? ` ${error.hint}` : ''),
        { autoClose: false }
      );
    };

    app.commands.addCommand(CommandIDs.pushRuns, {
      label: trans.__('Push to Another Store…'),
      caption: trans.__(
        'Copy runs with all that belongs to them to another tracking store'
      ),
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
            target: {
              type: 'string',
              description: trans.__('Id of the store that is offered first')
            }
          },
          required: ['run_ids']
        }
      },
      execute: async args => {
        const ids = Array.isArray(args.run_ids) ? args.run_ids : [];
        const run_ids = ids.filter(
          (id): id is string => typeof id === 'string'
        );
        if (run_ids.length === 0) {
          return;
        }
        const from = typeof args.store === 'string' ? args.store : undefined;
        try {
          const stores = (await client.stores()).filter(
            one => one.id !== from && !one.read_only
          );
          const { askWhere } = await import('./dialogs');
          const choice = await askWhere({
            count: run_ids.length,
            stores,
            chosen: typeof args.target === 'string' ? args.target : undefined,
            trans
          });
          if (choice) {
            const target = stores.find(one => one.id === choice.store);
            await push(
              { run_ids, from, ...choice },
              target?.label ?? choice.store
            );
          }
        } catch (reason) {
          fail(reason);
        }
      }
    });
  }
};
