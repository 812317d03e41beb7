import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { VERSION } from '../version';
// The token's value is made at activation.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { RunsClient } from './client';
import { RunsError } from './errors';
import { INSTALL_COMMAND } from './failure';
import { checkVersions } from './handshake';
import { IRunsClient } from './tokens';

/** Provides the client, and tells the user once where the two halves do not fit. */
export const clientPlugin: JupyterFrontEndPlugin<IRunsClient> = {
  id: 'jupyterlab-cellruns:client',
  description: 'Provides the REST client of the Cellruns server extension.',
  autoStart: true,
  optional: [ITranslator],
  provides: IRunsClient,
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null
  ): IRunsClient => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    const { serverSettings, events } = app.serviceManager;
    const client = new RunsClient({ serverSettings, events, trans });

    const notify = (error: RunsError) => {
      Notification.warning(`${error.message} ${error.hint}`, {
        autoClose: false,
        actions: [
          {
            label: trans.__('Copy the command'),
            callback: event => {
              event.preventDefault();
              void navigator.clipboard?.writeText(INSTALL_COMMAND);
            }
          },
          {
            label: trans.__('Reload the page'),
            callback: () => window.location.reload()
          }
        ]
      });
    };

    void app.restored
      .then(() => client.status())
      .then(status => checkVersions(VERSION, status.version, trans))
      .catch((reason: unknown) => RunsError.from(reason))
      .then(error => {
        // Any other failure may pass; the views that need the server tell of it where it matters.
        if (
          error?.code === 'server_missing' ||
          error?.code === 'version_mismatch'
        ) {
          notify(error);
        }
      });

    return client;
  }
};
