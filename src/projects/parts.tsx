import * as React from 'react';
import type { ITrans } from '../text';
import type { IFinding, IJob, IVerdict, JobStatus } from './tokens';

/** A button; `isMain` is the one that goes on. */
export function Button(props: {
  label: string;
  title?: string;
  isMain?: boolean;
  isWarn?: boolean;
  isDisabled?: boolean;
  onClick: () => void;
}): React.JSX.Element {
  const kind = props.isMain
    ? 'jp-mod-accept'
    : props.isWarn
      ? 'jp-mod-warn'
      : 'jp-mod-reject';
  return (
    <button
      type="button"
      className={`jp-Cellruns-projectButton jp-mod-styled ${kind}`}
      title={props.title}
      disabled={props.isDisabled}
      onClick={props.onClick}
    >
      {props.label}
    </button>
  );
}

/** What is to be said about a notebook, worst first; each leads to its cell. */
export function Findings(props: {
  findings: IFinding[];
  trans: ITrans;
  onGo: (finding: IFinding) => void;
}): React.JSX.Element {
  const { findings, trans } = props;
  const names = {
    error: trans.__('Error'),
    warning: trans.__('Warning'),
    info: trans.__('Note')
  };
  return (
    <ul className="jp-Cellruns-projectFindings">
      {findings.map((finding, index) => (
        <li key={index} data-level={finding.level}>
          <span className="jp-Cellruns-projectLevel">
            {names[finding.level]}
          </span>
          <span>
            {finding.message} {finding.hint}
            {finding.cell !== null && (
              <>
                {' '}
                <button
                  type="button"
                  className="jp-Cellruns-projectLink"
                  onClick={() => props.onGo(finding)}
                >
                  {finding.line === null
                    ? trans.__('Cell %1', finding.cell + 1)
                    : trans.__(
                        'Cell %1, line %2',
                        finding.cell + 1,
                        finding.line
                      )}
                </button>
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Words for a status. */
export function statusWords(status: JobStatus, trans: ITrans): string {
  switch (status) {
    case 'queued':
      return trans.__('Waiting');
    case 'running':
      return trans.__('Running');
    case 'finished':
      return trans.__('Finished');
    case 'failed':
      return trans.__('Failed');
    case 'cancelled':
      return trans.__('Cancelled');
    case 'lost':
      return trans.__('Lost: the server was stopped');
  }
}

/** Words for a step of `mlflow run`. */
export function stepWords(step: string, detail: string, trans: ITrans): string {
  switch (step) {
    case 'starting':
      return trans.__('starting MLflow');
    case 'fetching':
      return trans.__('fetching the project');
    case 'environment':
      return detail === 'installing packages'
        ? trans.__('installing packages')
        : trans.__('making the environment');
    case 'running':
      return trans.__('running');
    default:
      return '';
  }
}

/** A bar for what is done; without a number where it cannot be told. */
export function Progress(props: {
  job: IJob;
  trans: ITrans;
}): React.JSX.Element | null {
  const { job, trans } = props;
  if (job.ended !== null) {
    return null;
  }
  const done = job.items.filter(
    item => item.status !== 'queued' && item.status !== 'running'
  ).length;
  const current =
    job.items.find(item => item.status === 'running') ?? job.items[0];
  const fraction =
    job.items.length > 1
      ? done / job.items.length
      : (current?.fraction ?? undefined);
  const words =
    job.items.length > 1
      ? trans.__('%1 of %2 runs', done, job.items.length)
      : stepWords(current?.step ?? '', current?.detail ?? '', trans);
  return (
    <span className="jp-Cellruns-projectProgress">
      <progress
        max={1}
        value={fraction ?? undefined}
        aria-label={trans.__('Progress of %1', job.title)}
      />
      {words}
    </span>
  );
}

/** What a proof says, and the metrics that differ. */
export function Verdict(props: {
  verdict: IVerdict;
  trans: ITrans;
  onRun: (runId: string) => void;
  onCell?: (cellId: string | null, cell: number) => void;
}): React.JSX.Element {
  const { verdict, trans, onCell } = props;
  // A verdict of an earlier version names no cell.
  const cell = verdict.cell ?? null;
  const shown = (value: number | string | null): string =>
    value === null ? trans.__('none') : String(value);
  return (
    <div
      className="jp-Cellruns-projectVerdict"
      data-outcome={verdict.outcome}
      role="status"
    >
      <p>
        <strong>{verdict.sentence}</strong>
        {verdict.manager === 'local' && (
          <> {trans.__('The packages were those that are installed here.')}</>
        )}
        {onCell && cell !== null && (
          <>
            {' '}
            <button
              type="button"
              className="jp-Cellruns-projectLink"
              onClick={() => onCell(verdict.cell_id, cell)}
            >
              {trans.__('Go to cell %1', cell + 1)}
            </button>
          </>
        )}
      </p>
      {verdict.differences.length > 0 && (
        <table className="jp-Cellruns-projectTable">
          <thead>
            <tr>
              <th scope="col">{trans.__('Metric')}</th>
              <th scope="col">{trans.__('Notebook')}</th>
              <th scope="col">{trans.__('Project')}</th>
              <th scope="col">{trans.__('Relative difference')}</th>
            </tr>
          </thead>
          <tbody>
            {verdict.differences.map((one, index) => (
              <tr key={index}>
                <td>{one.key}</td>
                <td>{shown(one.notebook)}</td>
                <td>{shown(one.project)}</td>
                <td>
                  {one.relative === null ? '' : one.relative.toPrecision(2)}
                  {one.timing && <> {trans.__('(time, not counted)')}</>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {verdict.pairs.map(pair => (
        <p key={pair.project}>
          <button
            type="button"
            className="jp-Cellruns-projectLink"
            onClick={() => props.onRun(pair.notebook)}
          >
            {trans.__('Run of the notebook')}
          </button>{' '}
          <button
            type="button"
            className="jp-Cellruns-projectLink"
            onClick={() => props.onRun(pair.project)}
          >
            {trans.__('Run of the project')}
          </button>
        </p>
      ))}
    </div>
  );
}

/** Why a job failed: the step, the last lines, what to try. */
export function Failure(props: {
  job: IJob;
  trans: ITrans;
}): React.JSX.Element | null {
  const { job, trans } = props;
  if (job.status !== 'failed' && !job.message) {
    return null;
  }
  const step = stepWords(job.step, '', trans);
  return (
    <div className="jp-Cellruns-projectFailure" role="alert">
      <p>
        <strong>
          {step ? trans.__('Failed at: %1.', step) : trans.__('Failed.')}
        </strong>{' '}
        {job.message}
      </p>
      {job.advice.length > 0 && (
        <ul>
          {job.advice.map(line => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      {job.tail.length > 0 && (
        <pre tabIndex={0} aria-label={trans.__('Last lines')}>
          {job.tail.join('\n')}
        </pre>
      )}
    </div>
  );
}
