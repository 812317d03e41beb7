import React from 'react';

import type { IRunSummary } from '../client/tokens';
import { useNow, useView } from './context';
import { formatAgo, formatDuration, formatTicking, formatTime } from './format';

/** How long ago a time was, with the full time on hover. */
export function Ago(props: { time: number }): JSX.Element {
  const { trans } = useView();
  const now = useNow(30_000);
  return (
    <time
      dateTime={new Date(props.time).toISOString()}
      title={formatTime(props.time)}
    >
      {formatAgo(props.time, now, trans)}
    </time>
  );
}

/** How long a run took; ticks while it runs. */
export function Duration(props: {
  run: Pick<IRunSummary, 'start_time' | 'end_time' | 'status'>;
}): JSX.Element {
  const { start_time, end_time, status } = props.run;
  const running = end_time === null && status === 'RUNNING';
  const now = useNow(running ? 1000 : 0);
  if (running) {
    return (
      <span className="jp-Cellruns-ticking">
        {formatTicking(now - start_time)}
      </span>
    );
  }
  return (
    <span>
      {end_time === null ? '–' : formatDuration(end_time - start_time)}
    </span>
  );
}
