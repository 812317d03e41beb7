import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

// eslint-disable-next-line jupyter/prefer-lazy-imports
import { VersionError } from '../protocol/decode';
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { LiveFeed } from './feed';
import { nextFrame } from './frame';
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { LiveRuns } from './model';
import { ILiveRuns } from './tokens';

/** Runs seen live on the output channels of the notebooks of this page. */
export const livePlugin: JupyterFrontEndPlugin<ILiveRuns> = {
  id: 'jupyterlab-cellruns:live',
  description: 'Reads the run events on the output channels of kernels.',
  autoStart: true,
  provides: ILiveRuns,
  requires: [INotebookTracker],
  optional: [ITranslator],
  activate: (
    _: JupyterFrontEnd,
    notebooks: INotebookTracker,
    translator: ITranslator | null
  ): ILiveRuns => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    const runs = new LiveRuns(nextFrame);
    const feed = new LiveFeed(runs, error => {
      console.warn('Cellruns: refused run events:', error.message);
      if (error instanceof VersionError) {
        Notification.warning(
          trans.__(
            'Cellruns cannot read the run events of this kernel (%1). Update jupyterlab-cellruns and reload the page.',
            error.message
          )
        );
      }
    });
    notebooks.forEach(panel => feed.watch(panel.sessionContext));
    notebooks.widgetAdded.connect((_tracker, panel) =>
      feed.watch(panel.sessionContext)
    );
    return runs;
  }
};
