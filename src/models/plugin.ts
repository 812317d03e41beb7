import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import type { DocumentWidget } from '@jupyterlab/docregistry';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { ModelDocument, ModelFactory } from './document';
import { modelIcon } from './icon';

const FACTORY = 'MLflow Model';
const FILE_TYPE = 'mlflow-model';

/** Opens MLmodel files as models: flavors, signature, environment, verdict, snippets. */
export const modelsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellruns:models',
  description: 'Opens MLmodel files as models.',
  autoStart: true,
  optional: [INotebookTracker, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker | null,
    restorer: ILayoutRestorer | null,
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
    if (restorer) {
      void restorer.restore(tracker, {
        command: 'docmanager:open',
        args: widget => ({ path: widget.context.path, factory: FACTORY }),
        name: widget => widget.context.path
      });
    }
  }
};
