import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Http } from '../client/http';
import { ProjectsClient } from './client';
import type { IProjectHost } from './tokens';

/** What the project views need, from the application. */
export function makeHost(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker | null,
  trans: TranslationBundle
): IProjectHost {
  const { serviceManager, commands } = app;
  const { serverSettings } = serviceManager;
  const http = new Http({
    baseUrl: URLExt.join(serverSettings.baseUrl, 'cellruns'),
    token: serverSettings.token,
    trans
  });
  return {
    client: new ProjectsClient(http),
    contents: serviceManager.contents,
    copy: text => Clipboard.copyToSystem(text),
    open: (path, asText) => {
      const factory = asText ? { factory: 'Editor' } : {};
      void commands.execute('docmanager:open', { path, ...factory });
    },
    openRun: (runId, store = null) => {
      if (commands.hasCommand('cellruns:open-run')) {
        void commands.execute('cellruns:open-run', { run_id: runId, store });
      }
    },
    openModel: (uri, runId, store) => {
      if (commands.hasCommand('cellruns:open-model')) {
        void commands.execute('cellruns:open-model', {
          uri,
          run_id: runId,
          store
        });
      }
    },
    goToCell: (path, cellId, cell) => {
      const panel = notebooks?.find(one => one.context.localPath === path);
      const id = cellId ?? panel?.content.widgets[cell]?.model.id;
      if (id && commands.hasCommand('cellruns:go-to-cell')) {
        void commands.execute('cellruns:go-to-cell', { path, cell_id: id });
      }
    }
  };
}
