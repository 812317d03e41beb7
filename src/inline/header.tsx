import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { formatCount, formatSpan } from '../charts/format';
import type { ChartRun, ShownStatus } from './chartRun';

/** What the header shows. */
export interface IHeaderProps {
  readonly runs: readonly ChartRun[];
  readonly total: number;
  /** Points may come; otherwise an open run is one of which nothing more is heard. */
  readonly live: boolean;
  readonly opening: boolean;
  readonly now: number;
  readonly trans: TranslationBundle;
}

/** Word for a status. */
export function statusText(
  status: ShownStatus,
  live: boolean,
  trans: TranslationBundle
): string {
  switch (status) {
    case 'RUNNING':
      return live ? trans.__('Running') : trans.__('Not ended');
    case 'FINISHED':
      return trans.__('Finished');
    case 'FAILED':
      return trans.__('Failed');
    case 'KILLED':
      return trans.__('Killed');
  }
}

/** One line on the runs of a chart. */
export function Header(props: IHeaderProps): JSX.Element {
  const { runs, trans, live } = props;
  if (runs.length === 0) {
    return (
      <div className="jp-Cellruns-inline-header">
        <Status
          status={live ? 'RUNNING' : 'KILLED'}
          text={
            props.opening ? trans.__('Recording…') : trans.__('No run to show')
          }
        />
      </div>
    );
  }
  const points = runs.reduce((sum, run) => sum + run.points, 0);
  const count =
    points === 0
      ? trans.__('no metrics')
      : trans._n('%2 point', '%2 points', points, formatCount(points));
  return runs.length === 1 ? (
    <OneRun {...props} run={runs[0]} count={count} />
  ) : (
    <ManyRuns {...props} count={count} />
  );
}

function OneRun(
  props: IHeaderProps & { run: ChartRun; count: string }
): JSX.Element {
  const { run, trans, live, now, count } = props;
  const params = [...run.params].map(([key, value]) => `${key}=${value}`);
  const more = run.paramsTotal - params.length;
  const line =
    params.join('  ') + (more > 0 ? '  ' + trans.__('and %1 more', more) : '');
  return (
    <div className="jp-Cellruns-inline-header">
      <Status status={run.status} text={statusText(run.status, live, trans)} />
      <span
        className="jp-Cellruns-inline-name"
        title={`${run.name}\n${run.run}`}
      >
        {run.name}
      </span>
      <Fact text={spanOf(run, live, now)} />
      <Fact text={count} />
      {params.length > 0 && (
        <span className="jp-Cellruns-inline-params" title={params.join('\n')}>
          {line}
        </span>
      )}
    </div>
  );
}

function ManyRuns(props: IHeaderProps & { count: string }): JSX.Element {
  const { runs, total, trans, live, count } = props;
  const running = runs.filter(run => run.status === 'RUNNING').length;
  const failed = runs.filter(
    run => run.status === 'FAILED' || run.status === 'KILLED'
  ).length;
  const finished = runs.length - running - failed;
  const parts = [
    finished > 0 ? trans.__('%1 finished', finished) : '',
    running > 0
      ? live
        ? trans.__('%1 running', running)
        : trans.__('%1 not ended', running)
      : '',
    failed > 0 ? trans.__('%1 failed or killed', failed) : ''
  ];
  const status = running > 0 ? 'RUNNING' : failed > 0 ? 'FAILED' : 'FINISHED';
  return (
    <div className="jp-Cellruns-inline-header">
      <Status
        status={status}
        text={
          total > runs.length
            ? trans.__('%1 of %2 runs', runs.length, total)
            : trans.__('%1 runs', runs.length)
        }
      />
      <Fact text={parts.filter(part => part).join(', ')} />
      <Fact text={count} />
    </div>
  );
}

function Status(props: { status: ShownStatus; text: string }): JSX.Element {
  return (
    <span className="jp-Cellruns-inline-status" data-status={props.status}>
      <span className="jp-Cellruns-inline-dot" aria-hidden="true" />
      {props.text}
    </span>
  );
}

function Fact(props: { text: string }): JSX.Element | null {
  return props.text ? (
    <span className="jp-Cellruns-inline-fact">{props.text}</span>
  ) : null;
}

/** How long a run took, or has been running; empty where nobody knows. */
export function spanOf(run: ChartRun, live: boolean, now: number): string {
  const end = run.endTime ?? (run.status === 'RUNNING' && live ? now : null);
  return run.startTime === null || end === null
    ? ''
    : formatSpan(end - run.startTime);
}
