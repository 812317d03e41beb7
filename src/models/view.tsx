import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';
import {
  EnvironmentPanel,
  ExamplePanel,
  FilesPanel,
  MorePanel,
  SignaturePanel
} from './dataPanels';
import { factsOf } from './facts';
import { FlavorPanel } from './flavorPanel';
import { IModelFile } from './mlmodel';
import { ModelView } from './model';
import { LineagePanel } from './lineagePanel';
import { Button } from './parts';
import { ServePanel } from './servePanel';
import { SnippetPanel } from './snippetPanel';
import { formatBytes } from '../text';
import { TryPanel } from './tryPanel';
import { VerdictPanel } from './verdictPanel';

/** The body of a model document. */
export class ModelViewWidget extends ReactWidget {
  constructor(private _view: ModelView) {
    super();
    this.addClass('jp-Cellruns-model');
  }

  override dispose(): void {
    this._view.dispose();
    super.dispose();
  }

  protected override render(): React.JSX.Element {
    return (
      <UseSignal signal={this._view.changed}>
        {() => <Body view={this._view} />}
      </UseSignal>
    );
  }
}

function Body(props: { view: ModelView }): React.JSX.Element | null {
  const { view } = props;
  const { file } = view;
  if (view.loadError) {
    return (
      <div className="jp-Cellruns-modelRefused" role="alert">
        <h2>{view.trans.__('This model cannot be opened')}</h2>
        <p>{view.loadError}</p>
      </div>
    );
  }
  if (view.error) {
    return <Refused view={view} />;
  }
  if (!file) {
    return null;
  }
  return (
    <>
      <Head view={view} file={file} />
      {file.notices.map((notice, index) => (
        <p key={index} className="jp-Cellruns-modelProblem">
          {view.trans.__('Line %1, column %2:', notice.line, notice.column)}{' '}
          {notice.message} {notice.hint}
        </p>
      ))}
      <VerdictPanel view={view} />
      <div className="jp-Cellruns-modelFlavors">
        {file.flavors.map(flavor => (
          <FlavorPanel key={flavor.name} view={view} flavor={flavor} />
        ))}
      </div>
      <LineagePanel view={view} />
      <TryPanel view={view} />
      <ServePanel view={view} />
      <SnippetPanel view={view} />
      <SignaturePanel file={file} trans={view.trans} />
      <ExamplePanel view={view} />
      <EnvironmentPanel view={view} />
      <FilesPanel view={view} />
      <MorePanel file={file} trans={view.trans} />
    </>
  );
}

function Head(props: { view: ModelView; file: IModelFile }): React.JSX.Element {
  const { view, file } = props;
  const { trans } = view;
  const native = file.flavors.filter(
    flavor => flavor.name !== 'python_function'
  );
  const shown = native.length > 0 ? native : file.flavors;
  const size = sizeWords(view, file);
  const facts: [string, string | null][] = [
    [trans.__('Size'), size],
    [
      trans.__('Saved with'),
      [
        file.mlflowVersion && `MLflow ${file.mlflowVersion}`,
        file.pythonVersion && `Python ${file.pythonVersion}`
      ]
        .filter(Boolean)
        .join(', ') || null
    ],
    [
      trans.__('Created'),
      file.created ? `${file.created.replace(/\.\d+$/, '')} UTC` : null
    ],
    [trans.__('Model'), file.modelId]
  ];
  return (
    <div className="jp-Cellruns-modelHead">
      <h2>
        {view.label || trans.__('Model')}
        {shown.map(flavor => (
          <span key={flavor.name} className="jp-Cellruns-modelBadge">
            {factsOf(flavor, null, trans).label}
          </span>
        ))}
      </h2>
      <ul>
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <li key={name}>
              <span className="jp-Cellruns-modelFaint">{name}</span> {value}
            </li>
          ))}
      </ul>
    </div>
  );
}

/** Bytes that lie in the folder, and those that the file speaks of where the folder holds less. */
function sizeWords(view: ModelView, file: IModelFile): string | null {
  const here =
    view.folder && !view.folder.isCut ? formatBytes(view.folder.size) : null;
  const saved = file.sizeBytes === null ? null : formatBytes(file.sizeBytes);
  if (here && saved && (view.folder?.size ?? 0) < (file.sizeBytes ?? 0) / 2) {
    return view.trans.__('%1 here, %2 when it was saved', here, saved);
  }
  return here ?? saved;
}

/** A file that cannot be read: where, why, the line itself, and what to do. */
function Refused(props: { view: ModelView }): React.JSX.Element | null {
  const { trans, error, text, host, path } = props.view;
  if (!error) {
    return null;
  }
  const { line, column } = error.position;
  const source = text.split(/\r\n|\r|\n/)[line - 1] ?? '';
  const start = Math.max(0, column - 60);
  return (
    <div className="jp-Cellruns-modelRefused" role="alert">
      <h2>{trans.__('This MLmodel file cannot be read')}</h2>
      <p>
        {trans.__('Line %1, column %2:', line, column)} {error.message}
      </p>
      <pre className="jp-Cellruns-modelPre">
        {`${source.slice(start, start + 120)}\n${' '.repeat(Math.max(0, column - 1 - start))}^`}
      </pre>
      <p>{error.hint}</p>
      {path && (
        <Button
          label={trans.__('Open with the editor')}
          onClick={() => host.edit(path)}
        />
      )}
    </div>
  );
}
