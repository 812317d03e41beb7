import React, { useEffect, useMemo, useRef } from 'react';

import type { IRunsClient } from '../client/tokens';
import type { ILiveRuns } from '../live/tokens';
import { useSignal, useView, ViewContext, type IViewContext } from './context';
import { RunDetail } from './detail';
import { RunsList } from './list';
import { RunsModel } from './model';
import type { PanelState } from './panel-state';
import { CodeSample, Failure, Notice, Skeleton } from './states';
import { ListToolbar } from './toolbar';
import type { IMemoryStore } from './tokens';

const EXAMPLE = `import mlflow

with mlflow.start_run():
    mlflow.log_metric("accuracy", 0.93)`;

/** What the panel's views are made of. */
export interface IRunsViewOptions extends IViewContext {
  state: PanelState;
  client: IRunsClient;
  live: ILiveRuns | null;
  memory: IMemoryStore | null;
}

/** The whole panel: the list of runs, or one of them. */
export function RunsView(props: IRunsViewOptions): JSX.Element {
  const { state, client, live, memory, trans, commands, copy } = props;
  useSignal(state.changed);
  const model = useMemo(
    () => new RunsModel({ client, live, memory }),
    [client, live, memory]
  );
  const { openRun, isVisible, notebook } = state;
  useEffect(() => model.setNotebook(notebook), [model, notebook]);
  useEffect(
    () => model.setActive(isVisible && openRun === null),
    [model, isVisible, openRun]
  );
  useEffect(() => {
    const refresh = () => void model.refresh();
    state.refreshRequested.connect(refresh);
    return () => {
      state.refreshRequested.disconnect(refresh);
    };
  }, [state, model]);
  const context = useMemo(
    () => ({ trans, commands, copy }),
    [trans, commands, copy]
  );
  return (
    <ViewContext.Provider value={context}>
      {openRun === null ? (
        <ListView model={model} state={state} />
      ) : (
        <RunDetail
          key={openRun}
          runId={openRun}
          client={client}
          live={live}
          onBack={() => state.open(null)}
          onOpen={id => state.open(id)}
        />
      )}
    </ViewContext.Provider>
  );
}

function ListView({
  model,
  state
}: {
  model: RunsModel;
  state: PanelState;
}): JSX.Element {
  const { trans } = useView();
  useSignal(model.changed);
  const filter = useRef<HTMLInputElement>(null);
  const root = useRef<HTMLDivElement>(null);
  const focusList = () =>
    root.current
      ?.querySelector<HTMLElement>('[role="row"][tabindex="0"]')
      ?.focus();
  return (
    <div
      ref={root}
      className="jp-Cellruns-listView"
      onKeyDown={event => {
        const typing =
          event.target instanceof HTMLInputElement &&
          event.target.type === 'text';
        if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) {
          event.preventDefault();
          filter.current?.focus();
        }
      }}
    >
      <ListToolbar model={model} filterRef={filter} onLeaveFilter={focusList} />
      <ListBody model={model} state={state} />
      <div className="jp-Cellruns-foot" role="status">
        {model.phase === 'ready'
          ? trans._n('%1 run', '%1 runs', model.total)
          : ''}
      </div>
    </div>
  );
}

function ListBody({
  model,
  state
}: {
  model: RunsModel;
  state: PanelState;
}): JSX.Element {
  const { trans } = useView();
  const all = (
    <button
      type="button"
      className="jp-Cellruns-button"
      onClick={() => model.setScope('all')}
    >
      {trans.__('Show all runs')}
    </button>
  );
  switch (model.phase) {
    case 'loading':
      return <Skeleton />;
    case 'error':
      return model.error ? (
        <Failure error={model.error} onRetry={() => void model.refresh()} />
      ) : (
        <Skeleton />
      );
    case 'no-notebook':
      return (
        <Notice
          title={trans.__('No notebook is open')}
          text={trans.__('Open one to see its runs here.')}
        >
          {all}
        </Notice>
      );
    case 'no-hits':
      return (
        <Notice
          title={trans.__('No run matches “%1”', model.filter.trim())}
          text={trans.__(
            'Names, ids, statuses, users, params and tags were searched.'
          )}
        >
          <button
            type="button"
            className="jp-Cellruns-button"
            onClick={() => model.setFilter('')}
          >
            {trans.__('Clear the filter')}
          </button>
        </Notice>
      );
    case 'empty':
      return (
        <Notice
          title={
            model.scope === 'all'
              ? trans.__('No runs yet')
              : trans.__('No runs in this notebook yet')
          }
          text={trans.__(
            'Run a cell that logs with MLflow, and it shows up here while it runs:'
          )}
        >
          <CodeSample code={EXAMPLE} />
          {model.scope === 'all' ? null : all}
        </Notice>
      );
    case 'ready':
      return (
        <RunsList
          model={model}
          lastRun={state.lastRun}
          onOpen={id => state.open(id)}
        />
      );
  }
}
