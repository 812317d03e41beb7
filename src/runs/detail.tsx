import { copyIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useMemo, useRef } from 'react';

import { formatCount } from '../charts/format';
import type { IRunDetail, IRunsClient } from '../client/tokens';
import type { ILiveRuns } from '../live/tokens';
import { Artifacts } from './artifacts';
import { ArtifactsModel } from './artifacts-model';
import { IconButton, useSignal, useView } from './context';
import { RunDetailModel } from './detail-model';
import { formatTime } from './format';
import { backIcon } from './icons';
import { Markdown } from './markdown';
import { Metrics } from './metrics';
import { Models, modelsOf } from './models';
import { Pairs, Section } from './section';
import { Failure, Skeleton } from './states';
import { StatusSign, statusText } from './status';
import { Duration } from './time';

/** Command that shows the cell that started a run, or its stored source. */
const OPEN_CELL = 'cellruns:open-cell-of-run';
/** Command that copies runs into another store. */
const PUSH = 'cellruns:push-runs';
/** Tags that say where a copy of the run is; the store's id follows. */
const PUSHED_TAG = 'cellruns.pushed.';
/** Tag of a copy: the run it was made of. */
const ORIGIN_TAG = 'cellruns.origin_run';
const RUN_AGAIN = 'cellruns:run-again';

/** One run in full. */
export function RunDetail(props: {
  runId: string;
  client: IRunsClient;
  live: ILiveRuns | null;
  onBack: () => void;
  onOpen: (runId: string) => void;
  /** The store is only shown. */
  readOnly?: boolean;
}): JSX.Element {
  const { runId, client, live } = props;
  const { trans } = useView();
  const model = useMemo(
    () => new RunDetailModel({ runId, client, live }),
    [runId, client, live]
  );
  useEffect(() => () => model.dispose(), [model]);
  useSignal(model.changed);
  const back = useRef<HTMLDivElement>(null);
  useEffect(() => back.current?.querySelector('button')?.focus(), [runId]);
  const detail = model.detail;
  return (
    <div
      className="jp-Cellruns-detail"
      tabIndex={-1}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          props.onBack();
        }
      }}
    >
      <div className="jp-Cellruns-detailBar" ref={back}>
        <IconButton
          icon={backIcon}
          label={trans.__('Back to the list of runs')}
          onClick={props.onBack}
        />
        <h2 title={detail?.run.name}>{detail?.run.name || runId}</h2>
      </div>
      <div className="jp-Cellruns-detailBody">
        {model.error && (!detail || model.error.code === 'not_found') ? (
          <Failure error={model.error} onRetry={() => void model.refresh()} />
        ) : detail ? (
          <Body {...props} model={model} detail={detail} />
        ) : (
          <Skeleton />
        )}
      </div>
    </div>
  );
}

function Body(props: {
  model: RunDetailModel;
  detail: IRunDetail;
  client: IRunsClient;
  onOpen: (runId: string) => void;
  readOnly?: boolean;
}): JSX.Element {
  const { trans } = useView();
  const { model, detail, client } = props;
  const artifacts = useMemo(
    () => new ArtifactsModel(client, model.runId),
    [client, model.runId]
  );
  const ended = detail.run.end_time !== null;
  const wasEnded = useRef(ended);
  useEffect(() => {
    if (ended && !wasEnded.current) {
      wasEnded.current = true;
      artifacts.refresh();
    }
  }, [artifacts, ended]);
  const own: [string, string][] = [];
  const system: [string, string][] = [];
  for (const entry of Object.entries(detail.tags)) {
    (/^(mlflow|cellruns)\./.test(entry[0]) ? system : own).push(entry);
  }
  const { datasets } = detail;
  const models = modelsOf(detail);
  return (
    <>
      {model.error ? (
        <p className="jp-Cellruns-stale" role="status">
          {trans.__('Not up to date: %1', model.error.message)}
        </p>
      ) : null}
      <Facts
        detail={detail}
        onOpen={props.onOpen}
        readOnly={props.readOnly ?? false}
      />
      {detail.run.note ? <Markdown text={detail.run.note} /> : null}
      <Section
        title={trans.__('Metrics')}
        count={Math.max(detail.run.metrics_total, detail.metrics.length)}
      >
        <Part shown={detail.metrics.length} of={detail.run.metrics_total} />
        <Metrics model={model} metrics={detail.metrics} />
      </Section>
      <Section
        title={trans.__('Params')}
        count={Math.max(
          detail.run.params_total,
          Object.keys(detail.params).length
        )}
      >
        <Part
          shown={Object.keys(detail.params).length}
          of={detail.run.params_total}
        />
        <Pairs
          entries={Object.entries(detail.params)}
          label={trans.__('Params')}
        />
      </Section>
      {models.length > 0 ? (
        <Section title={trans.__('Models')} count={models.length}>
          <Models models={models} runId={model.runId} store={model.store} />
        </Section>
      ) : null}
      {datasets.length > 0 ? (
        <Section title={trans.__('Datasets')} count={datasets.length}>
          <Pairs
            entries={datasets.map(one => [
              one.name,
              [one.context, one.digest, one.source_type]
                .filter(Boolean)
                .join(' · ')
            ])}
            label={trans.__('Datasets')}
          />
        </Section>
      ) : null}
      <Section title={trans.__('Artifacts')}>
        <Artifacts model={artifacts} />
      </Section>
      {own.length > 0 ? (
        <Section title={trans.__('Tags')} count={own.length}>
          <Pairs entries={own} label={trans.__('Tags')} />
        </Section>
      ) : null}
      {system.length > 0 ? (
        <Section title={trans.__('System tags')} count={system.length} folded>
          <Pairs entries={system} label={trans.__('System tags')} />
        </Section>
      ) : null}
    </>
  );
}

function Facts(props: {
  detail: IRunDetail;
  onOpen: (runId: string) => void;
  readOnly: boolean;
}): JSX.Element {
  const { trans, commands, copy } = useView();
  const { run } = props.detail;
  const { notebook, cell_id, parent } = run;
  const cell =
    run.execution_count === null
      ? trans.__('Go to cell')
      : trans.__('Go to cell [%1]', run.execution_count);
  return (
    <>
      <div className="jp-Cellruns-actions">
        <span className="jp-Cellruns-badge" data-status={run.status}>
          <StatusSign status={run.status} />
          {statusText(run.status, trans)}
        </span>
        {notebook && cell_id && commands.hasCommand(OPEN_CELL) ? (
          <button
            type="button"
            className="jp-Cellruns-button"
            title={notebook}
            onClick={() =>
              void commands.execute(OPEN_CELL, { run_ids: [run.run_id] })
            }
          >
            {cell}
          </button>
        ) : null}
        {commands.hasCommand(RUN_AGAIN) &&
        (props.detail.tags['cellruns.project'] !== undefined ||
          props.detail.tags['mlflow.source.type'] === 'PROJECT') ? (
          <button
            type="button"
            className="jp-Cellruns-button"
            title={trans.__('Run the project again with other parameters')}
            onClick={() =>
              void commands.execute(RUN_AGAIN, { run_id: run.run_id })
            }
          >
            {trans.__('Run again…')}
          </button>
        ) : null}
        {parent ? (
          <button
            type="button"
            className="jp-Cellruns-button"
            onClick={() => props.onOpen(parent)}
          >
            {trans.__('Parent run')}
          </button>
        ) : null}
        {!props.readOnly && commands.hasCommand(PUSH) ? (
          <button
            type="button"
            className="jp-Cellruns-button"
            title={commands.caption(PUSH)}
            onClick={() =>
              void commands.execute(PUSH, { run_ids: [run.run_id] })
            }
          >
            {trans.__('Push…')}
          </button>
        ) : null}
      </div>
      <dl className="jp-Cellruns-facts">
        <dt>{trans.__('Started')}</dt>
        <dd>{formatTime(run.start_time)}</dd>
        <dt>{trans.__('Took')}</dt>
        <dd>
          <Duration run={run} />
        </dd>
        <dt>{trans.__('Experiment')}</dt>
        <dd title={run.experiment_name}>{run.experiment_name}</dd>
        {run.user ? (
          <>
            <dt>{trans.__('User')}</dt>
            <dd>{run.user}</dd>
          </>
        ) : null}
        {Object.entries(props.detail.tags)
          .filter(([key]) => key.startsWith(PUSHED_TAG))
          .map(([key, copied]) => (
            <React.Fragment key={key}>
              <dt>{trans.__('Copy in %1', key.slice(PUSHED_TAG.length))}</dt>
              <dd>
                <code title={copied}>{copied}</code>
              </dd>
            </React.Fragment>
          ))}
        {props.detail.tags[ORIGIN_TAG] ? (
          <>
            <dt>{trans.__('Copy of')}</dt>
            <dd>
              <code>{props.detail.tags[ORIGIN_TAG]}</code>
            </dd>
          </>
        ) : null}
        <dt>{trans.__('Run id')}</dt>
        <dd className="jp-Cellruns-runId">
          <code title={run.run_id}>{run.run_id}</code>
          <IconButton
            icon={copyIcon}
            label={trans.__('Copy the run id')}
            onClick={() => copy(run.run_id)}
          />
        </dd>
      </dl>
    </>
  );
}

/** Says where a list holds only some of what there is. */
function Part(props: { shown: number; of: number }): JSX.Element | null {
  const { trans } = useView();
  return props.shown < props.of ? (
    <p className="jp-Cellruns-none" role="status">
      {trans.__(
        'The first %1 of %2 by name; the store has them all, and MLflow’s API reads them.',
        formatCount(props.shown),
        formatCount(props.of)
      )}
    </p>
  ) : null;
}
