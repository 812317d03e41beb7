import * as React from 'react';
import type { ITrans } from '../text';
import { JobsModel } from './jobs-model';
import { Button, Failure, Progress, statusWords, Verdict } from './parts';
import type { IJob, IProjectHost } from './tokens';

/** Jobs, newest first; one of them with its log. */
export function JobList(props: {
  model: JobsModel;
  host: IProjectHost;
  trans: ITrans;
}): React.JSX.Element {
  const { model, trans } = props;
  return (
    <section
      className="jp-Cellruns-projectJobs"
      aria-label={trans.__('Runs of projects')}
    >
      <h3>{trans.__('Runs')}</h3>
      {model.error && (
        <p className="jp-Cellruns-projectFailure" role="alert">
          {model.error}
        </p>
      )}
      {model.jobs.length === 0 && !model.error && (
        <p className="jp-Cellruns-modelFaint">{trans.__('None yet.')}</p>
      )}
      <ul>
        {model.jobs.map(job => (
          <JobRow key={job.id} job={job} {...props} />
        ))}
      </ul>
    </section>
  );
}

function JobRow(props: {
  job: IJob;
  model: JobsModel;
  host: IProjectHost;
  trans: ITrans;
}): React.JSX.Element {
  const { job, model, host, trans } = props;
  const isOpen = model.open === job.id;
  const isRunning = job.status === 'queued' || job.status === 'running';
  const run = job.parent ?? job.items[0]?.run_id ?? null;
  const values = Object.entries(
    job.items.length === 1 ? job.items[0].parameters : job.request.parameters
  )
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  return (
    <li data-status={job.status}>
      <div className="jp-Cellruns-projectRow">
        <button
          type="button"
          className="jp-Cellruns-projectJob"
          aria-expanded={isOpen}
          onClick={() => void model.toggle(job.id)}
        >
          <span className="jp-Cellruns-projectStatus">
            {statusWords(job.status, trans)}
          </span>
          <span>{new Date(job.started).toLocaleTimeString()}</span>
          <span>
            {job.kind === 'proof'
              ? trans.__('Proof')
              : job.kind === 'sweep'
                ? trans.__('Sweep of %1', job.items.length)
                : job.request.entry_point}
          </span>
          <code>{values}</code>
        </button>
        <Progress job={job} trans={trans} />
        {run && (
          <Button
            label={trans.__('Open the run')}
            onClick={() => host.openRun(run)}
          />
        )}
        {isRunning ? (
          <Button
            label={trans.__('Cancel')}
            title={trans.__('Ends the run and all that it has started.')}
            isWarn
            onClick={() => void model.end(job.id)}
          />
        ) : (
          <Button
            label={trans.__('Remove')}
            title={trans.__('Removes this entry and its log; the run stays.')}
            onClick={() => void model.end(job.id)}
          />
        )}
      </div>
      {job.verdict && (
        <Verdict verdict={job.verdict} trans={trans} onRun={host.openRun} />
      )}
      <Failure job={job} trans={trans} />
      {isOpen && (
        <>
          <code className="jp-Cellruns-modelFaint">{job.command}</code>
          <Log text={model.log} trans={trans} />
        </>
      )}
    </li>
  );
}

/** A log that stays at its end while it grows, unless somebody has scrolled up. */
function Log(props: { text: string; trans: ITrans }): React.JSX.Element {
  const box = React.useRef<HTMLPreElement>(null);
  const follows = React.useRef(true);
  React.useLayoutEffect(() => {
    if (box.current && follows.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [props.text]);
  return (
    <pre
      ref={box}
      className="jp-Cellruns-projectLog"
      tabIndex={0}
      role="log"
      aria-label={props.trans.__('Output')}
      onScroll={event => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        follows.current = scrollTop + clientHeight > scrollHeight - 20;
      }}
    >
      {props.text || props.trans.__('No output yet.')}
    </pre>
  );
}
