import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Poll } from '@lumino/polling';

import { tabArea } from '../area';
import { IRunsClient } from '../client/tokens';
import { modelIcon } from '../models/icon';
import { LinkCommands } from '../models/tokens';
import type { RegistryWidget } from './view';

/** Where it is kept which store was looked at last. */
const STORE = 'jupyterlab-cellruns:registry-store';

/** How often a store that is away is looked at again while it is in sight (ms). */
const LOOK_AGAIN = 30_000;

/** Registered models and their versions. */
export const registryPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:registry',
  description: 'Lists registered models, their versions, aliases and tags.',
  autoStart: true,
  optional: [
    ILabShell,
    ILayoutRestorer,
    ICommandPalette,
    ITranslator,
    IRunsClient,
    IStateDB
  ],
  activate: (
    app: JupyterFrontEnd,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
    runs: IRunsClient | null,
    state: IStateDB | null
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
        { RegistryWidget },
        kept
      ] = await Promise.all([
        import('../client/http'),
        import('./client'),
        import('./model'),
        import('./view'),
        state?.fetch(STORE).catch(() => undefined)
      ]);
      const { serverSettings } = app.serviceManager;
      const http = new Http({
        baseUrl: URLExt.join(serverSettings.baseUrl, 'cellruns'),
        token: serverSettings.token,
        trans
      });
      const client = new RegistryClient(http);
      client.store = typeof kept === 'string' ? kept : null;
      const model = new RegistryModel(client, trans);
      const widget = new RegistryWidget(model, app.commands);
      let known = `${client.store} `;
      model.changed.connect(() => {
        const now = `${client.store} ${model.chosen?.name ?? ''}`;
        if (now !== known) {
          known = now;
          void state?.save(STORE, client.store);
          void tracker.save(widget);
        }
      });
      runs?.runsChanged.connect((_, change) => {
        void model.hear(change.stores);
      }, widget);
      const poll = new Poll({
        name: 'jupyterlab-cellruns:registry',
        standby: () =>
          widget.isVisible && model.isInTrouble ? 'when-hidden' : true,
        frequency: { interval: LOOK_AGAIN, backoff: false },
        factory: () => model.look()
      });
      widget.disposed.connect(() => poll.dispose());
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
            },
            store: {
              type: ['string', 'null'],
              description: trans.__('Id of the store, where it is known')
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
          app.shell.add(widget, tabArea(labShell), {
            rank: 810,
            type: 'Cellruns'
          });
        }
        app.shell.activateById(widget.id);
        const store = typeof args.store === 'string' ? args.store : null;
        if (typeof args.name === 'string') {
          const version =
            typeof args.version === 'string' ? args.version : null;
          await widget.model.choose(args.name, version, store);
        } else if (store !== null) {
          await widget.model.setStore(store);
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
        args: widget => ({
          name: widget.model.chosen?.name ?? null,
          store: widget.model.client.store
        }),
        name: () => 'registry'
      });
    }
  }
};
