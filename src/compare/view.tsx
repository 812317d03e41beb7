import { closeIcon } from '@jupyterlab/ui-components';
import { UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Actions } from './actions';
import { ArtifactsView } from './artifactsView';
import { CodeView } from './codeView';
import {
  CompareContext,
  type ICompareContext,
  type Picture,
  useCompare
} from './context';
import { CurvesView } from './curvesView';
import { ImportanceView } from './importanceView';
import { ParallelView } from './parallelView';
import { Empty, Swatch } from './parts';
import { BoxView, ContourView, ScatterView } from './scatterView';
import type { CompareView as ViewId } from './state';
import { VIEWS } from './state';
import { TableView } from './tableView';

/** A comparison: its runs, its views, and the view that is open. */
export function CompareBody(
  props: Omit<ICompareContext, 'picture'>
): JSX.Element {
  const picture = React.useRef<Picture | null>(null);
  const context = React.useMemo(
    () => ({
      ...props,
      picture: (shown: Picture | null) => {
        picture.current = shown;
      }
    }),
    [props.model, props.theme, props.host]
  );
  return (
    <UseSignal signal={props.model.changed}>
      {() => (
        <CompareContext.Provider value={{ ...context }}>
          <Body picture={picture} />
        </CompareContext.Provider>
      )}
    </UseSignal>
  );
}

function Body(props: {
  readonly picture: React.RefObject<Picture | null>;
}): JSX.Element {
  const { model, trans } = useCompare();
  const { state, phase, runs } = model;
  if (phase === 'loading') {
    return (
      <p className="jp-Cellruns-compare-hint" role="status">
        {trans.__('Fetching the runs…')}
      </p>
    );
  }
  if (phase === 'error') {
    return (
      <Empty
        title={model.error?.message ?? ''}
        text={model.error?.hint || undefined}
        alert
      >
        <button
          type="button"
          className="jp-Cellruns-button"
          onClick={() => void model.refresh()}
        >
          {trans.__('Retry')}
        </button>
      </Empty>
    );
  }
  if (runs.length === 0) {
    return (
      <Empty
        title={trans.__('No runs to compare')}
        text={trans.__(
          'Select runs in the runs panel and compare them from there.'
        )}
      />
    );
  }
  return (
    <>
      <div className="jp-Cellruns-compare-head">
        <h2>{trans._n('%1 run', '%1 runs side by side', runs.length)}</h2>
        <Actions picture={props.picture} />
      </div>
      <Runs />
      <LeftOut />
      <Chosen />
      <Tabs view={state.view} />
      <div
        role="tabpanel"
        id="jp-Cellruns-compare-panel"
        className="jp-Cellruns-compare-body"
        aria-labelledby={`jp-Cellruns-compare-tab-${state.view}`}
      >
        {model.shown.length === 0 ? (
          <Empty
            title={trans.__('All runs are hidden')}
            text={trans.__('Click a run above to show it.')}
          />
        ) : (
          <View view={state.view} />
        )}
      </div>
    </>
  );
}

function View(props: { view: ViewId }): JSX.Element {
  switch (props.view) {
    case 'table':
      return <TableView />;
    case 'curves':
      return <CurvesView />;
    case 'scatter':
      return <ScatterView />;
    case 'parallel':
      return <ParallelView />;
    case 'box':
      return <BoxView />;
    case 'contour':
      return <ContourView />;
    case 'importance':
      return <ImportanceView />;
    case 'code':
      return <CodeView />;
    case 'artifacts':
      return <ArtifactsView />;
  }
}

function Tabs(props: { view: ViewId }): JSX.Element {
  const { model, trans } = useCompare();
  const names: Record<ViewId, string> = {
    table: trans.__('Table'),
    curves: trans.__('Curves'),
    scatter: trans.__('Scatter'),
    parallel: trans.__('Parallel'),
    box: trans.__('Box'),
    contour: trans.__('Contour'),
    importance: trans.__('Importance'),
    code: trans.__('Code'),
    artifacts: trans.__('Artifacts')
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const at = VIEWS.indexOf(props.view);
    const next = {
      ArrowRight: (at + 1) % VIEWS.length,
      ArrowLeft: (at + VIEWS.length - 1) % VIEWS.length,
      Home: 0,
      End: VIEWS.length - 1
    }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      model.set({ view: VIEWS[next] });
      event.currentTarget
        .querySelectorAll<HTMLElement>('[role="tab"]')
        [next]?.focus();
    }
  };
  return (
    <div
      role="tablist"
      aria-label={trans.__('Views')}
      className="jp-Cellruns-compare-tabs"
      onKeyDown={onKeyDown}
    >
      {VIEWS.map(view => (
        <button
          key={view}
          type="button"
          role="tab"
          id={`jp-Cellruns-compare-tab-${view}`}
          aria-selected={view === props.view}
          aria-controls={
            view === props.view ? 'jp-Cellruns-compare-panel' : undefined
          }
          tabIndex={view === props.view ? 0 : -1}
          onClick={() => model.set({ view })}
        >
          {names[view]}
        </button>
      ))}
    </div>
  );
}

/** The runs with their colours: the legend of all charts. */
function Runs(): JSX.Element {
  const { model, trans, host } = useCompare();
  const { state, runs, missing } = model;
  return (
    <ul
      className="jp-Cellruns-compare-runs"
      aria-label={trans.__('Runs')}
      tabIndex={runs.length > 24 ? 0 : undefined}
    >
      {runs.map(({ run }) => {
        const id = run.run_id;
        const hidden = state.hidden.includes(id);
        return (
          <li key={id} data-faint={!model.isChosen(id) || undefined}>
            <button
              type="button"
              className="jp-Cellruns-compare-run"
              aria-pressed={!hidden}
              title={trans.__('Show or hide %1', run.name)}
              onClick={() =>
                model.set({
                  hidden: hidden
                    ? state.hidden.filter(one => one !== id)
                    : [...state.hidden, id]
                })
              }
            >
              <Swatch order={model.orderOf(id)} />
              <span className="jp-Cellruns-compare-name">{run.name}</span>
              {run.status !== 'FINISHED' ? (
                <span className="jp-Cellruns-compare-faint">
                  {run.status.toLowerCase()}
                </span>
              ) : null}
            </button>
            <button
              type="button"
              className="jp-Cellruns-compare-mini"
              aria-pressed={state.baseline === id}
              title={trans.__('Measure the others by %1', run.name)}
              aria-label={trans.__('Baseline %1', run.name)}
              onClick={() =>
                model.set({
                  baseline: state.baseline === id ? null : id,
                  relative: state.baseline === id ? false : state.relative
                })
              }
            >
              {state.baseline === id ? '★' : '☆'}
            </button>
            <button
              type="button"
              className="jp-Cellruns-compare-mini"
              title={trans.__('Open %1', run.name)}
              aria-label={trans.__('Open %1', run.name)}
              onClick={() => host.openRun(id)}
            >
              ↗
            </button>
            <button
              type="button"
              className="jp-Cellruns-compare-mini"
              title={trans.__('Leave %1 out', run.name)}
              aria-label={trans.__('Leave %1 out', run.name)}
              onClick={() =>
                model.set({
                  runs: state.runs.filter(one => one !== id),
                  baseline: state.baseline === id ? null : state.baseline
                })
              }
            >
              <closeIcon.react tag="span" width="12px" height="12px" />
            </button>
          </li>
        );
      })}
      {missing.length > 0 ? (
        <li className="jp-Cellruns-compare-faint" role="alert">
          {trans._n(
            '%1 run is not in this store: %2',
            '%1 runs are not in this store: %2',
            missing.length,
            missing.map(id => id.slice(0, 8)).join(', ')
          )}
        </li>
      ) : null}
    </ul>
  );
}

/** Says where runs have more params or metrics than are compared. */
function LeftOut(): JSX.Element | null {
  const { model, trans } = useCompare();
  const cut = model.runs.filter(
    ({ run }) =>
      run.metrics_total > Object.keys(run.metrics).length ||
      run.params_total > Object.keys(run.params).length
  );
  return cut.length > 0 ? (
    <p className="jp-Cellruns-compare-hint" role="status">
      {trans.__(
        'Of the params and metrics of %1 only the first by name are compared: there are very many.',
        cut.map(({ run }) => run.name).join(', ')
      )}
    </p>
  ) : null;
}

/** Runs that a brush has chosen, and what to do with them. */
function Chosen(): JSX.Element {
  const { model, trans } = useCompare();
  const { chosen, runs } = model;
  return (
    <div className="jp-Cellruns-compare-chosen" role="status">
      {chosen ? (
        <>
          {trans.__('%1 of %2 runs chosen', chosen.size, runs.length)}
          <button
            type="button"
            className="jp-Cellruns-textButton"
            disabled={chosen.size === 0}
            onClick={() =>
              model.set({
                runs: model.state.runs.filter(id => chosen.has(id))
              })
            }
          >
            {trans.__('Compare only these')}
          </button>
          <button
            type="button"
            className="jp-Cellruns-textButton"
            onClick={() => model.choose(null)}
          >
            {trans.__('Clear')}
          </button>
        </>
      ) : null}
    </div>
  );
}
