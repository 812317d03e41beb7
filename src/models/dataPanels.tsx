import { PathExt } from '@jupyterlab/coreutils';
import * as React from 'react';
import { IModelFile } from './mlmodel';
import { IEnvironmentFile, ModelView } from './model';
import { Button, Pairs, Section, Table, Value } from './parts';
import { describeSignature, describeType, IColumn } from './signature';
import { formatBytes, ITrans } from '../text';
import { foundFor, IFound } from './verdict';

/** Inputs, outputs and params as tables. */
export function SignaturePanel(props: {
  file: IModelFile;
  trans: ITrans;
}): React.JSX.Element {
  const { trans } = props;
  const signature = props.file.signature;
  if (!signature) {
    return (
      <Section title={trans.__('Signature')}>
        <p className="jp-Cellruns-modelFaint">
          {trans.__(
            'The model was saved without a signature: what it takes and gives is not written down.'
          )}
        </p>
      </Section>
    );
  }
  const { inputs, outputs, params } = signature;
  const rows = (columns: IColumn[]): React.ReactNode[][] =>
    columns.map(column => [
      column.name ?? (
        <span className="jp-Cellruns-modelFaint">{trans.__('unnamed')}</span>
      ),
      <span className="jp-Cellruns-modelCode">
        {describeType(column.type)}
      </span>,
      column.required ? trans.__('yes') : trans.__('no'),
      ...(Object.keys(column.extra).length
        ? [JSON.stringify(column.extra)]
        : [])
    ]);
  const head = [trans.__('Name'), trans.__('Type'), trans.__('Required')];
  return (
    <Section title={trans.__('Signature')} note={describeSignature(signature)}>
      <div className="jp-Cellruns-modelColumns">
        <div>
          <h4>{trans.__('Inputs (%1)', inputs?.length ?? 0)}</h4>
          {inputs && (
            <Table label={trans.__('Inputs')} head={head} rows={rows(inputs)} />
          )}
        </div>
        <div>
          <h4>{trans.__('Outputs (%1)', outputs?.length ?? 0)}</h4>
          {outputs && (
            <Table
              label={trans.__('Outputs')}
              head={head}
              rows={rows(outputs)}
            />
          )}
        </div>
        {params && params.length > 0 && (
          <div>
            <h4>{trans.__('Params (%1)', params.length)}</h4>
            <Table
              label={trans.__('Params')}
              head={[
                trans.__('Name'),
                trans.__('Type'),
                trans.__('Default'),
                trans.__('Shape')
              ]}
              rows={params.map(param => [
                param.name,
                <span className="jp-Cellruns-modelCode">
                  {describeType(param.type)}
                </span>,
                <Value value={param.default} trans={trans} />,
                param.shape === null
                  ? trans.__('single value')
                  : JSON.stringify(param.shape)
              ])}
            />
          </div>
        )}
      </div>
    </Section>
  );
}

/** The input example as a table, or as JSON. */
export function ExamplePanel(props: {
  view: ModelView;
}): React.JSX.Element | null {
  const { view } = props;
  const { trans, example } = view;
  const info = view.file?.inputExample;
  if (!info) {
    return null;
  }
  const note = [info.path, info.type, info.orient].filter(Boolean).join(' · ');
  return (
    <Section title={trans.__('Input example')} note={note}>
      {!example && view.folder && (
        <p className="jp-Cellruns-modelFaint">
          {trans.__('The file is not in this folder, or too large to show.')}
        </p>
      )}
      {example?.kind === 'table' && (
        <>
          <Table
            label={trans.__('Input example')}
            head={example.columns}
            rows={example.rows.map(row =>
              row.map(cell =>
                cell === null
                  ? ''
                  : typeof cell === 'object'
                    ? JSON.stringify(cell)
                    : String(cell)
              )
            )}
          />
          {example.total > example.rows.length && (
            <p className="jp-Cellruns-modelFaint">
              {trans.__(
                'The first %1 of %2 rows.',
                example.rows.length,
                example.total
              )}
            </p>
          )}
        </>
      )}
      {example?.kind === 'json' && (
        <pre className="jp-Cellruns-modelPre">{example.text}</pre>
      )}
      {example?.kind === 'error' && (
        <p className="jp-Cellruns-modelProblem">
          {trans.__('The example is not JSON: %1', example.message)}
        </p>
      )}
    </Section>
  );
}

/** What the environment files ask for, beside what the kernel has. */
export function EnvironmentPanel(props: {
  view: ModelView;
}): React.JSX.Element | null {
  const { view } = props;
  const { trans } = view;
  const [chosen, choose] = React.useState<string | null>(null);
  const files = view.environments;
  if (files.length === 0) {
    return null;
  }
  const first = files.find(item => item.path.endsWith('.txt')) ?? files[0];
  const file = files.find(item => item.path === chosen) ?? first;
  return (
    <Section title={trans.__('Environment')} note={pythonOf(files, trans)}>
      <div
        className="jp-Cellruns-modelBar"
        role="group"
        aria-label={trans.__('Environment files')}
      >
        {files.map(item => (
          <button
            key={item.path}
            type="button"
            className="jp-Cellruns-modelTab"
            aria-pressed={item === file}
            onClick={() => choose(item.path)}
          >
            {item.path}
          </button>
        ))}
        <FileButton view={view} path={file.path} />
      </div>
      {file.error && <p className="jp-Cellruns-modelProblem">{file.error}</p>}
      {file.environment && <Requirements view={view} file={file} />}
    </Section>
  );
}

function Requirements(props: {
  view: ModelView;
  file: IEnvironmentFile;
}): React.JSX.Element {
  const { view, file } = props;
  const { trans } = view;
  const environment = file.environment;
  const all = [
    ...(environment?.build ?? []),
    ...(environment?.requirements ?? [])
  ];
  return (
    <>
      {environment && environment.channels.length > 0 && (
        <p className="jp-Cellruns-modelFaint">
          {trans.__('Channels: %1', environment.channels.join(', '))}
        </p>
      )}
      {all.length === 0 && (
        <p className="jp-Cellruns-modelFaint">
          {trans.__('It asks for no packages.')}
        </p>
      )}
      {all.length > 0 && (
        <Table
          label={file.path}
          head={[
            trans.__('Package'),
            trans.__('Wanted'),
            trans.__('In the kernel')
          ]}
          rows={all.map(item => {
            const found = foundFor(view.kernelEnvironment, item);
            return [
              item.name ?? item.text,
              item.name
                ? (item.specifier || item.url || trans.__('any')) +
                  (item.marker ? ` ; ${item.marker}` : '')
                : '',
              view.kernelEnvironment && item.name ? (
                <Installed found={found} trans={trans} />
              ) : (
                ''
              )
            ];
          })}
        />
      )}
    </>
  );
}

function Installed(props: {
  found: IFound | undefined;
  trans: ITrans;
}): React.JSX.Element {
  const { found, trans } = props;
  if (!found || found.state === 'not_needed') {
    return (
      <span className="jp-Cellruns-modelFaint">
        {found ? trans.__('not needed here') : ''}
      </span>
    );
  }
  return (
    <span className="jp-Cellruns-modelInstalled" data-state={found.state}>
      {found.installed ?? trans.__('missing')}
    </span>
  );
}

function pythonOf(files: IEnvironmentFile[], trans: ITrans): string | null {
  const python = files.map(item => item.environment?.python).find(Boolean);
  return python ? trans.__('Python %1', python) : null;
}

/** All files of the model with their sizes. */
export function FilesPanel(props: {
  view: ModelView;
}): React.JSX.Element | null {
  const { trans, folder, folderError } = props.view;
  if (!folder) {
    return folderError ? (
      <Section title={trans.__('Files')}>
        <p className="jp-Cellruns-modelProblem">{folderError}</p>
      </Section>
    ) : null;
  }
  const files = folder.parts.filter(part => !part.isDirectory);
  const note =
    trans.__('Files: %1, %2', files.length, formatBytes(folder.size)) +
    (folder.isCut ? ' +' : '');
  return (
    <Section title={trans.__('Files')} note={note} isClosed={files.length > 12}>
      <Table
        label={trans.__('Files')}
        head={[trans.__('File'), trans.__('Size')]}
        rows={files.map(part => [
          <FileName view={props.view} path={part.path} />,
          part.size === null ? '' : formatBytes(part.size)
        ])}
      />
    </Section>
  );
}

/** A file's name: opens the file with the editor, or downloads one of the store. */
function FileName(props: { view: ModelView; path: string }): React.JSX.Element {
  const { view, path } = props;
  const root = view.source?.root ?? null;
  const url = view.source?.url(path) ?? null;
  const isText = /\.(ya?ml|txt|json|py|md|cfg|toml)$|^MLmodel$/.test(path);
  if (root !== null && isText) {
    return (
      <a
        href="#"
        onClick={event => {
          event.preventDefault();
          view.host.edit(PathExt.join(root, path));
        }}
      >
        {path}
      </a>
    );
  }
  return url ? (
    <a
      href={url}
      download={PathExt.basename(path)}
      title={view.trans.__('Download')}
    >
      {path}
    </a>
  ) : (
    <>{path}</>
  );
}

function FileButton(props: {
  view: ModelView;
  path: string;
}): React.JSX.Element {
  const { view, path } = props;
  const root = view.source?.root ?? null;
  return root !== null ? (
    <Button
      label={view.trans.__('Open')}
      onClick={() => view.host.edit(PathExt.join(root, path))}
    />
  ) : (
    <a
      className="jp-Cellruns-modelButton"
      href={view.source?.url(path) ?? '#'}
      download={PathExt.basename(path)}
    >
      {view.trans.__('Download')}
    </a>
  );
}

/** Metadata, resources and all keys that this version does not know. */
export function MorePanel(props: {
  file: IModelFile;
  trans: ITrans;
}): React.JSX.Element | null {
  const { file, trans } = props;
  const known: [string, React.ReactNode][] = (
    [
      [trans.__('Metadata'), file.metadata],
      [trans.__('Prompts'), file.prompts],
      [trans.__('Resources'), file.resources],
      [trans.__('Authorization policy'), file.authPolicy],
      [trans.__('Environment variables'), file.envVars],
      [trans.__('Code paths'), file.codePaths.length ? file.codePaths : null],
      [trans.__('Databricks runtime'), file.databricksRuntime],
      [trans.__('Artifact path'), file.artifactPath],
      [trans.__('Model UUID'), file.modelUuid],
      [trans.__('Signature from type hint'), file.signatureFromTypeHint],
      [trans.__('Type hint from example'), file.typeHintFromExample]
    ] as const
  )
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, <Value value={value} trans={trans} />]);
  const unknown: [string, React.ReactNode][] = file.unknown.map(item => [
    item.key,
    <>
      <Value value={item.value} trans={trans} />{' '}
      <span className="jp-Cellruns-modelFaint">
        {trans.__('line %1, unknown key', item.line)}
      </span>
    </>
  ]);
  return known.length + unknown.length === 0 ? null : (
    <Section title={trans.__('More')}>
      <Pairs pairs={[...known, ...unknown]} />
    </Section>
  );
}
