import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { RunStatus } from '../client/tokens';
import { useView } from './context';

/** The status of a run in words. */
export function statusText(
  status: RunStatus,
  trans: TranslationBundle
): string {
  switch (status) {
    case 'RUNNING':
      return trans.__('Running');
    case 'FINISHED':
      return trans.__('Finished');
    case 'FAILED':
      return trans.__('Failed');
    case 'KILLED':
      return trans.__('Killed');
    case 'SCHEDULED':
      return trans.__('Scheduled');
  }
}

/** The status of a run as a sign that differs in shape and in colour. */
export function StatusSign(props: { status: RunStatus }): JSX.Element {
  const { trans } = useView();
  const text = statusText(props.status, trans);
  return (
    <span
      className="jp-Cellruns-status"
      data-status={props.status}
      title={text}
    >
      <svg
        viewBox="0 0 12 12"
        width="12"
        height="12"
        role="img"
        aria-label={text}
      >
        <Shape status={props.status} />
      </svg>
    </span>
  );
}

function Shape({ status }: { status: RunStatus }): JSX.Element {
  switch (status) {
    case 'RUNNING':
      return (
        <>
          <circle className="jp-Cellruns-pulse" cx="6" cy="6" r="3" />
          <circle cx="6" cy="6" r="3" />
        </>
      );
    case 'FINISHED':
      return <path d="M2.2 6.4 4.9 9 9.8 3.4" fill="none" strokeWidth="1.8" />;
    case 'FAILED':
      return <path d="M3 3 9 9M9 3 3 9" fill="none" strokeWidth="1.8" />;
    case 'KILLED':
      return <rect x="3" y="3" width="6" height="6" rx="1" />;
    case 'SCHEDULED':
      return <circle cx="6" cy="6" r="3" fill="none" strokeWidth="1.5" />;
  }
}
