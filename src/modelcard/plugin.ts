import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { URLExt } from '@jupyterlab/coreutils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import type { ModelsClient } from '../models/client';
import type { IKernelChoice } from '../models/tokens';
import { LazyRenderer } from '../outputs/lazy';
import { CARD_MIME } from './payload';

/** Cards of models under the cells that log them. */
export const modelCardPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:model-card',
  description: 'Shows the models that a cell has logged under it.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [INotebookTracker, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    notebooks: INotebookTracker | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    let client: Promise<ModelsClient> | null = null;
    const load = async (): Promise<ModelsClient> => {
      const [{ Http }, { ModelsClient }] = await Promise.all([
        import('../client/http'),
        import('../models/client')
      ]);
      const { serverSettings } = app.serviceManager;
      const baseUrl = URLExt.join(serverSettings.baseUrl, 'cellruns');
      const http = new Http({ baseUrl, token: serverSettings.token, trans });
      return new ModelsClient(http, baseUrl);
    };
    const kernelOf = async (
      node: HTMLElement
    ): Promise<IKernelChoice | null> => {
      const panel = notebooks?.find(one => one.node.contains(node));
      if (!panel) {
        return null;
      }
      // A notebook that is being opened has its kernel in a moment.
      await panel.sessionContext.ready;
      const { session, kernelPreference } = panel.sessionContext;
      const kernel = session?.kernel;
      const name = kernel?.name ?? kernelPreference.name;
      return name ? { id: kernel?.id ?? null, name, label: name } : null;
    };
    // In `activate`: notebooks take a copy of the registry when they are made.
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [CARD_MIME],
        createRenderer: () =>
          new LazyRenderer(async () => {
            const { ModelCard } = await import('./widget');
            return new ModelCard({
              client: () => (client ??= load()),
              commands: app.commands,
              kernelOf,
              trans
            });
          })
      },
      20
    );
  }
};
