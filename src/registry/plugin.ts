import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { modelIcon } from '../models/icon';
import { LinkCommands } from '../models/tokens';
import type { RegistryWidget } from './view';

/** Registered models and their versions. */
export const registryPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:registry',
  description: 'Lists registered models, their versions, aliases and tags.',
  autoStart: true,
  optional: [ILabShell, ILayoutRestorer, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    const tracker = new WidgetTracker<RegistryWidget>({
      namespace: 'cellruns-registry'
    });
    const make = async (): Promise<RegistryWidget> => {
      const [
        { Http },
        { RegistryClient },
        { RegistryModel },
        { RegistryWidget }
      ] = await Promise.all([
        import('../client/http'),
        import('./client'),
        import('./model'),
        import('./view')
      ]);
      const { serverSettings } = app.serviceManager;
      const http = new Http({
        baseUrl: URLExt.join(serverSettings.baseUrl, 'cellruns'),
        token: serverSettings.token,
        trans
      });
      const model = new RegistryModel(new RegistryClient(http), trans);
      const widget = new RegistryWidget(model, app.commands);
      widget.id = 'jp-Cellruns-registry';
      widget.title.icon = modelIcon;
      widget.title.label = trans.__('Registered Models');
      widget.title.closable = true;
      return widget;
    };
    let making: Promise<RegistryWidget> | null = null;
    app.commands.addCommand(LinkCommands.openRegistry, {
      label: trans.__('Registered Models'),
      caption: trans.__('Registered models, versions, aliases and tags'),
      icon: modelIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            name: {
              type: 'string',
              description: trans.__('Name of a registered model to show')
            },
            version: {
              type: 'string',
              description: trans.__('Version to point at')
            }
          }
        }
      },
      execute: async args => {
        let widget = tracker.currentWidget;
        if (!widget) {
          making ??= make();
          widget = await making;
          making = null;
        }
        if (!tracker.has(widget)) {
          void tracker.add(widget);
        }
        if (!widget.isAttached) {
          // A page of Notebook 7 has one main widget and takes no other.
          app.shell.add(widget, labShell ? 'main' : 'right', {
            rank: 810,
            type: 'Cellruns'
          });
        }
        app.shell.activateById(widget.id);
        if (typeof args.name === 'string') {
          const version =
            typeof args.version === 'string' ? args.version : null;
          await widget.model.choose(args.name, version);
        }
      }
    });
    palette?.addItem({
      command: LinkCommands.openRegistry,
      category: trans.__('Cellruns')
    });
    if (restorer) {
      void restorer.restore(tracker, {
        command: LinkCommands.openRegistry,
        args: widget => ({ name: widget.model.chosen?.name ?? null }),
        name: () => 'registry'
      });
    }
  }
};
