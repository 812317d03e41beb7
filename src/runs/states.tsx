import { copyIcon } from '@jupyterlab/ui-components';
import React from 'react';

import type { RunsError } from '../client/errors';
import { INSTALL_COMMAND } from '../client/failure';
import { IconButton, useView } from './context';

/** Grey bars in the shape of what is on its way. */
export function Skeleton(props: { rows?: number }): JSX.Element {
  const { trans } = useView();
  return (
    <div
      className="jp-Cellruns-skeleton"
      role="status"
      aria-label={trans.__('Loading')}
    >
      {Array.from({ length: props.rows ?? 7 }, (_, index) => (
        <span key={index} className="jp-Cellruns-bone" />
      ))}
    </div>
  );
}

/** A piece of code, with a button that copies it. */
export function CodeSample(props: { code: string }): JSX.Element {
  const { trans, copy } = useView();
  return (
    <div className="jp-Cellruns-sample">
      <pre tabIndex={0} aria-label={trans.__('Example')}>
        {props.code}
      </pre>
      <IconButton
        icon={copyIcon}
        label={trans.__('Copy')}
        onClick={() => copy(props.code)}
      />
    </div>
  );
}

/** Nothing to show: says why, and what to do next. */
export function Notice(props: {
  title: string;
  text?: string;
  children?: React.ReactNode;
}): JSX.Element {
  return (
    <div className="jp-Cellruns-notice" role="status">
      <h3>{props.title}</h3>
      {props.text ? <p>{props.text}</p> : null}
      {props.children}
    </div>
  );
}

/** A failed request: what happened, what to do, and another try. */
export function Failure(props: {
  error: RunsError;
  onRetry: () => void;
}): JSX.Element {
  const { trans } = useView();
  const { error } = props;
  return (
    <div className="jp-Cellruns-notice" data-kind="error" role="alert">
      <h3>{error.message}</h3>
      {error.hint ? <p>{error.hint}</p> : null}
      {error.code === 'server_missing' || error.code === 'version_mismatch' ? (
        <CodeSample code={INSTALL_COMMAND} />
      ) : null}
      <button
        type="button"
        className="jp-Cellruns-button"
        onClick={props.onRetry}
      >
        {trans.__('Retry')}
      </button>
    </div>
  );
}
