import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IRunsClient } from '../client/tokens';
import { ILiveRuns } from '../live/tokens';
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { Reattach } from './reattach';

/** Charts that are back, and live, after a reload of the page in mid-run. */
export const reattachPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:reattach',
  description: 'Brings live charts back when a page is reloaded in mid-run.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [IRunsClient, ILiveRuns, ITranslator],
  activate: (
    _: JupyterFrontEnd,
    notebooks: INotebookTracker,
    client: IRunsClient | null,
    live: ILiveRuns | null,
    translator: ITranslator | null
  ): void => {
    if (!client) {
      return;
    }
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    const text = trans.__('Cellruns: recording…');
    const reattach = new Reattach(client, live, text);
    notebooks.forEach(panel => reattach.watch(panel));
    notebooks.widgetAdded.connect((_tracker, panel) => reattach.watch(panel));
  }
};
