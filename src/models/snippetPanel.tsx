import { PathExt } from '@jupyterlab/coreutils';
import * as React from 'react';

import { storeName } from '../session/words';
import { ModelView } from './model';
import { Button, Section } from './parts';
import { relativePath } from './paths';
import { ISnippet, snippets } from './snippets';

/** Code that uses the model: a list of purposes and the code of the chosen one. */
export function SnippetPanel(props: {
  view: ModelView;
}): React.JSX.Element | null {
  const { view } = props;
  const { trans, host, file } = view;
  const [chosen, choose] = React.useState<string | null>(null);
  if (!file) {
    return null;
  }
  const { source } = view;
  if (!source) {
    return null;
  }
  const mlflow = view.kernelEnvironment?.mlflow ?? null;
  // A terminal opens beside the model; a model of a store is named by its place on this disk, or by its URI.
  const place = source.root ?? source.stored?.local_path ?? null;
  const parent = source.root === null ? '' : PathExt.dirname(source.root);
  const all = snippets(
    {
      model: file,
      uri: source.uri(host.notebookFolder() ?? '', mlflow),
      shellURI:
        place === null
          ? source.uri('', mlflow)
          : place.startsWith('/')
            ? place
            : relativePath(parent, place),
      trackingURI: place === null ? view.lineage.trackingURI : null,
      mlflowVersion: mlflow
    },
    trans
  );
  const elsewhere =
    source.stored && view.notebookStore?.id !== source.stored.store
      ? view.notebookStore
      : null;
  const snippet = all.find(item => item.id === chosen) ?? all[0];
  if (!snippet) {
    return (
      <Section title={trans.__('Use it')}>
        <p className="jp-Cellruns-modelFaint">
          {trans.__(
            'Neither Python nor R loads this model; it has no python_function flavor.'
          )}
        </p>
      </Section>
    );
  }
  const group = (
    title: string,
    places: ISnippet['place'][]
  ): React.ReactNode => {
    const items = all.filter(item => places.includes(item.place));
    return (
      items.length > 0 && (
        <div role="group" aria-label={title}>
          <span className="jp-Cellruns-modelFaint">{title}</span>
          {items.map(item => (
            <button
              key={item.id}
              type="button"
              className="jp-Cellruns-modelTab"
              aria-pressed={item === snippet}
              onClick={() => choose(item.id)}
            >
              {item.title}
            </button>
          ))}
        </div>
      )
    );
  };
  return (
    <Section title={trans.__('Use it')}>
      <div className="jp-Cellruns-modelSnippets">
        <div className="jp-Cellruns-modelPurposes">
          {group(trans.__('In a notebook'), ['python', 'r'])}
          {group(trans.__('In a terminal'), ['shell'])}
        </div>
        <div className="jp-Cellruns-modelSnippet">
          {elsewhere && snippet.place !== 'shell' && (
            <p className="jp-Cellruns-modelProblem">
              {trans.__(
                'The notebook in use works with another store (%1), where this code finds no such model, or another one of that name. Choose the model’s store in the notebook’s toolbar first.',
                storeName(elsewhere, trans)
              )}
            </p>
          )}
          <pre className="jp-Cellruns-modelPre" tabIndex={0}>
            {snippet.code}
          </pre>
          <div className="jp-Cellruns-modelBar">
            <Button
              label={trans.__('Copy')}
              onClick={() => host.copy(snippet.code)}
            />
            {snippet.place !== 'shell' && (
              <Button
                label={trans.__('Insert into notebook')}
                isDisabled={!host.insert || host.notebookFolder() === null}
                title={
                  host.notebookFolder() === null
                    ? trans.__('Open a notebook first')
                    : trans.__('At the cursor of the notebook used last')
                }
                onClick={() => void host.insert?.(snippet.code)}
              />
            )}
            {snippet.place === 'shell' && host.terminal && (
              <Button
                label={trans.__('Open in terminal')}
                title={trans.__(
                  'Types the command into a new terminal; press Enter there to run it'
                )}
                onClick={() => void host.terminal?.(snippet.code, parent)}
              />
            )}
          </div>
        </div>
      </div>
    </Section>
  );
}
