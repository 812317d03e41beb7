import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import type { DocumentWidget } from '@jupyterlab/docregistry';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { tabArea } from '../area';
import { ModelDocument, ModelFactory } from './document';
import { modelIcon } from './icon';
import { StoredModelWidget } from './stored';
import { LinkCommands } from './tokens';

const FACTORY = 'MLflow Model';
const FILE_TYPE = 'mlflow-model';

/** Opens MLmodel files as models: flavors, signature, environment, verdict, snippets. */
export const modelsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:models',
  description: 'Opens MLmodel files as models.',
  autoStart: true,
  optional: [INotebookTracker, ILayoutRestorer, ILabShell, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker | null,
    restorer: ILayoutRestorer | null,
    labShell: ILabShell | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    const make = async () => {
      const [{ ModelView }, { ModelViewWidget }, { makeHost }] =
        await Promise.all([
          import('./model'),
          import('./view'),
          import('./host')
        ]);
      const view = new ModelView(makeHost(app, notebooks, trans), trans);
      return { view, widget: new ModelViewWidget(view) };
    };
    const sourceOf = async (
      uri: string,
      run: string | null,
      store: string | null
    ) => {
      const [{ StoredSource }, { makeClient }] = await Promise.all([
        import('./source'),
        import('./host')
      ]);
      return new StoredSource(makeClient(app, trans), uri, run, store);
    };
    const storedWidget = (
      uri: string,
      run: string | null,
      store: string | null
    ) =>
      new StoredModelWidget(uri, run, store, make, sourceOf(uri, run, store));
    app.docRegistry.addFileType({
      name: FILE_TYPE,
      displayName: trans.__('MLflow Model'),
      pattern: '^MLmodel$',
      mimeTypes: ['text/yaml'],
      fileFormat: 'text',
      contentType: 'file',
      icon: modelIcon
    });
    const factory = new ModelFactory(
      {
        name: FACTORY,
        label: trans.__('MLflow Model'),
        fileTypes: [FILE_TYPE],
        defaultFor: [FILE_TYPE],
        modelName: 'text',
        readOnly: true,
        translator: translator ?? nullTranslator
      },
      make
    );
    const tracker = new WidgetTracker<DocumentWidget<ModelDocument>>({
      namespace: 'cellruns-model'
    });
    factory.widgetCreated.connect((_, widget) => {
      widget.context.pathChanged.connect(() => void tracker.save(widget));
      void tracker.add(widget);
    });
    app.docRegistry.addWidgetFactory(factory);
    const stored = new WidgetTracker<StoredModelWidget>({
      namespace: 'cellruns-stored-model'
    });
    app.commands.addCommand(LinkCommands.openModel, {
      label: trans.__('Open a Model'),
      icon: modelIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            uri: {
              type: 'string',
              description: trans.__(
                'runs:/<run>/<path>, models:/m-<id>, models:/<name>/<version> or models:/<name>@<alias>'
              )
            },
            path: {
              type: 'string',
              description: trans.__('Path of an MLmodel file, instead of a URI')
            },
            run_id: {
              type: ['string', 'null'],
              description: trans.__(
                'A run of the store that the model is in, where several stores are in use'
              )
            },
            store: {
              type: ['string', 'null'],
              description: trans.__('Id of that store, where it is known')
            }
          }
        }
      },
      execute: async args => {
        if (typeof args.path === 'string') {
          await app.commands.execute('docmanager:open', {
            path: args.path,
            factory: FACTORY
          });
          return;
        }
        if (typeof args.uri !== 'string') {
          throw new Error(trans.__('Which model? Give a uri or a path.'));
        }
        const { uri } = args;
        const run = typeof args.run_id === 'string' ? args.run_id : null;
        const store = typeof args.store === 'string' ? args.store : null;
        const widget =
          stored.find(one => one.shows(uri, store)) ??
          storedWidget(uri, run || null, store);
        if (!stored.has(widget)) {
          void stored.add(widget);
        }
        if (!widget.isAttached) {
          app.shell.add(widget, tabArea(labShell), {
            rank: 800,
            type: 'Cellruns'
          });
        }
        app.shell.activateById(widget.id);
      }
    });
    if (restorer) {
      void restorer.restore(stored, {
        command: LinkCommands.openModel,
        args: widget => ({
          uri: widget.uri,
          run_id: widget.run,
          store: widget.store
        }),
        name: widget => widget.id
      });
      void restorer.restore(tracker, {
        command: 'docmanager:open',
        args: widget => ({ path: widget.context.path, factory: FACTORY }),
        name: widget => widget.context.path
      });
    }
  }
};
