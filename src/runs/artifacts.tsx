import {
  caretDownIcon,
  caretRightIcon,
  fileIcon,
  folderIcon
} from '@jupyterlab/ui-components';
import React, { useEffect, useMemo, useState } from 'react';

import { formatBytes } from '../text';
import type { ArtifactsModel, IArtifactRow, Preview } from './artifacts-model';
import { useSignal, useView } from './context';
import { saveFileIcon } from './icons';
import { OPEN_MODEL } from './models';
import { Failure, Skeleton } from './states';

/** The artifacts of a run as a tree, each file with a preview below it. */
export function Artifacts({ model }: { model: ArtifactsModel }): JSX.Element {
  const { trans } = useView();
  useSignal(model.changed);
  if (model.error && !model.isLoaded) {
    return <Failure error={model.error} onRetry={() => model.refresh()} />;
  }
  if (!model.isLoaded) {
    return <Skeleton rows={2} />;
  }
  if (model.rows.length === 0) {
    return <p className="jp-Cellruns-none">{trans.__('No artifacts.')}</p>;
  }
  return (
    <ul className="jp-Cellruns-artifacts" aria-label={trans.__('Artifacts')}>
      {model.rows.map(row => (
        <ArtifactLine key={row.file.path} row={row} model={model} />
      ))}
    </ul>
  );
}

function ArtifactLine(props: {
  row: IArtifactRow;
  model: ArtifactsModel;
}): JSX.Element {
  const { trans, commands } = useView();
  const { row, model } = props;
  const { file, depth, expanded } = row;
  const [closed, setClosed] = useState(false);
  const name = file.path.split('/').pop() ?? file.path;
  const chosen = model.selected?.path === file.path;
  const shown = chosen && !closed;
  return (
    <li style={{ ['--cellruns-depth' as string]: Math.min(depth, 6) }}>
      <div className="jp-Cellruns-artifact" data-chosen={shown}>
        <button
          type="button"
          aria-expanded={file.is_dir ? expanded : shown}
          title={file.path}
          onClick={() => {
            if (chosen && !file.is_dir) {
              setClosed(!closed);
            } else {
              setClosed(false);
              model.activate(file);
            }
          }}
        >
          <span className="jp-Cellruns-twisty">
            {file.is_dir ? (
              expanded ? (
                <caretDownIcon.react tag="span" width="18px" />
              ) : (
                <caretRightIcon.react tag="span" width="18px" />
              )
            ) : null}
          </span>
          {file.is_dir ? (
            <folderIcon.react tag="span" width="14px" />
          ) : (
            <fileIcon.react tag="span" width="14px" />
          )}
          <span className="jp-Cellruns-artifactName">{name}</span>
          {file.file_size !== null ? (
            <span className="jp-Cellruns-artifactSize">
              {formatBytes(file.file_size)}
            </span>
          ) : null}
        </button>
        {name === 'MLmodel' && file.path !== name ? (
          <button
            type="button"
            className="jp-Cellruns-openModel"
            disabled={!commands.hasCommand(OPEN_MODEL)}
            onClick={() =>
              void commands.execute(OPEN_MODEL, {
                uri: `runs:/${model.runId}/${file.path.slice(0, -name.length - 1)}`
              })
            }
          >
            {trans.__('Open as model')}
          </button>
        ) : null}
        {file.is_dir ? null : (
          <a
            className="jp-Cellruns-download"
            href={model.url(file)}
            download={name}
            aria-label={trans.__('Download %1', name)}
            title={trans.__('Download')}
          >
            <saveFileIcon.react tag="span" width="14px" />
          </a>
        )}
      </div>
      {shown && model.preview ? (
        <PreviewBox preview={model.preview} name={name} />
      ) : null}
    </li>
  );
}

function PreviewBox(props: { preview: Preview; name: string }): JSX.Element {
  const { trans } = useView();
  const { preview, name } = props;
  const label = trans.__('Preview of %1', name);
  switch (preview.kind) {
    case 'loading':
      return <Skeleton rows={3} />;
    case 'none':
      return (
        <p className="jp-Cellruns-none">
          {trans.__('No preview of this kind of file.')}
        </p>
      );
    case 'error':
      return (
        <p className="jp-Cellruns-none" role="alert">
          {preview.error.message} {preview.error.hint}
        </p>
      );
    case 'image':
      return <Picture blob={preview.blob} label={label} />;
    case 'text':
      return (
        <div className="jp-Cellruns-preview">
          <pre tabIndex={0} aria-label={label}>
            {preview.text || trans.__('(empty)')}
          </pre>
          {preview.truncated ? <More /> : null}
        </div>
      );
    case 'table':
      return (
        <div className="jp-Cellruns-preview">
          <div
            className="jp-Cellruns-previewTable"
            tabIndex={0}
            role="region"
            aria-label={label}
          >
            <Table rows={preview.rows} />
          </div>
          {preview.truncated ? <More /> : null}
        </div>
      );
  }
}

function More(): JSX.Element {
  const { trans } = useView();
  return (
    <p>
      {trans.__('Only the beginning is shown; download it to see the rest.')}
    </p>
  );
}

function Table({ rows }: { rows: string[][] }): JSX.Element {
  const [head = [], ...body] = rows;
  return (
    <table>
      <thead>
        <tr>
          {head.map((cell, index) => (
            <th key={index} scope="col">
              {cell || '\u00a0'}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {body.map((row, index) => (
          <tr key={index}>
            {row.map((cell, column) => (
              <td key={column}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** An image element runs no script, not even that of an SVG file. */
function Picture(props: { blob: Blob; label: string }): JSX.Element {
  const url = useMemo(() => URL.createObjectURL(props.blob), [props.blob]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return <img className="jp-Cellruns-picture" src={url} alt={props.label} />;
}
