import { Widget } from '@lumino/widgets';
import * as React from 'react';

import { ChartBoard } from '../charts/board';
import type { IChartOptions } from '../charts/data';
import { formatCount, formatValue } from '../charts/format';
import { isSystem } from '../charts/plots';
import { finerFrom } from '../inline/finer';
import { summarize } from '../inline/summary';
import { percentOf, percentText } from './table';
import { composeSVG } from './compose';
import { useCompare } from './context';
import { Choice, ColumnChoice, DataTable, Empty, Swatch } from './parts';

/** Curves of the runs, one plot for each metric. */
export function CurvesView(): JSX.Element {
  const context = useCompare();
  const { model, trans, theme, picture } = context;
  const { state, metricKeys, curveKeys } = model;
  const place = React.useRef<HTMLDivElement>(null);
  const board = React.useRef<ChartBoard | null>(null);
  const runs = model.curves;
  const hasCurves = metricKeys.length > 0;

  React.useLayoutEffect(() => {
    const node = place.current;
    if (!node) {
      return;
    }
    const { rendermime, engine, pacer, trans, model } = context;
    // While the points are on their way.
    engine().catch(() => undefined);
    const made = new ChartBoard({
      rendermime,
      engine,
      pacer,
      trans,
      finer: finerFrom(model.client),
      // One kept view each: redrawn in place, and never by a renderer that embeds anew.
      keepViews: true
    });
    Widget.attach(made, node);
    board.current = made;
    return () => {
      board.current = null;
      if (made.isAttached && made.node.isConnected) {
        Widget.detach(made);
      }
      made.dispose();
    };
  }, [hasCurves]);
  React.useEffect(() => {
    board.current?.set({ runs, live: model.isLive, options: state.chart });
  });
  React.useEffect(() => board.current?.restyle(), [theme]);
  React.useEffect(() => {
    picture(async () => ({
      svg: composeSVG(
        (await board.current?.pictures()) ?? [],
        runs.map((run, i) => ({ name: run.name, order: run.order ?? i })),
        theme
      ),
      spec: null
    }));
    return () => picture(null);
  });

  if (!hasCurves) {
    return (
      <Empty
        title={trans.__('No metrics')}
        text={trans.__('None of these runs has logged a metric.')}
      />
    );
  }
  const set = (chart: Partial<IChartOptions>): void =>
    model.set({ chart: { ...state.chart, ...chart } });
  const baseline = model.runs.find(run => run.run.run_id === state.baseline);
  return (
    <>
      <div className="jp-Cellruns-compare-tools">
        <Choice
          label={trans.__('Horizontal axis')}
          value={
            state.chart.x === 'metric'
              ? `metric:${state.chart.xMetric ?? ''}`
              : state.chart.x
          }
          onChange={value =>
            value.startsWith('metric:')
              ? set({ x: 'metric', xMetric: value.slice(7) })
              : set({ x: value as IChartOptions['x'], xMetric: undefined })
          }
        >
          <option value="step">{trans.__('Step')}</option>
          <option value="relative">{trans.__('Relative time')}</option>
          <option value="wall">{trans.__('Wall time')}</option>
          <optgroup label={trans.__('Another metric')}>
            {metricKeys.map(key => (
              <option key={key} value={`metric:${key}`}>
                {key}
              </option>
            ))}
          </optgroup>
        </Choice>
        <Check
          label={trans.__('Log x')}
          checked={state.chart.xLog === true}
          disabled={state.chart.x === 'wall'}
          onChange={xLog => set({ xLog })}
        />
        <Check
          label={trans.__('Log y')}
          checked={state.chart.log}
          onChange={log => set({ log })}
        />
        <label className="jp-Cellruns-inline-smooth">
          {trans.__('Smoothing')}
          <input
            type="range"
            min={0}
            max={0.99}
            step={0.01}
            value={state.chart.smoothing}
            onChange={event => set({ smoothing: Number(event.target.value) })}
          />
          <output>{state.chart.smoothing.toFixed(2)}</output>
        </label>
        <ColumnChoice
          label={trans.__('Mean of groups')}
          columns={model.columns.filter(
            c => c.kind === 'param' || c.kind === 'tag'
          )}
          value={state.group}
          none={trans.__('No groups')}
          onChange={group => model.set({ group })}
        />
        <Choice
          label={trans.__('Baseline')}
          value={state.baseline ?? ''}
          onChange={id =>
            model.set({
              baseline: id || null,
              relative: id !== '' && state.relative
            })
          }
        >
          <option value="">{trans.__('None')}</option>
          {model.runs.map(({ run }) => (
            <option key={run.run_id} value={run.run_id}>
              {run.name}
            </option>
          ))}
        </Choice>
        <Check
          label={trans.__('Difference in %')}
          checked={state.relative}
          disabled={!baseline}
          onChange={relative => model.set({ relative })}
        />
      </div>
      <MetricsChoice />
      {state.group !== null && state.chart.x !== 'metric' ? (
        <ul
          className="jp-Cellruns-compare-legend"
          aria-label={trans.__('Groups')}
        >
          {runs.map((run, i) => (
            <li key={run.run}>
              <Swatch order={run.order ?? i} /> {run.name}
            </li>
          ))}
          <li className="jp-Cellruns-compare-faint">
            {trans.__('lines are means, bands one standard deviation')}
          </li>
        </ul>
      ) : null}
      {state.relative && baseline ? (
        <p className="jp-Cellruns-compare-hint">
          {trans.__(
            'Difference to %1 in percent, at equal steps.',
            baseline.run.name
          )}
        </p>
      ) : null}
      {model.error ? (
        <p className="jp-Cellruns-compare-hint" role="alert">
          {model.error.message} {model.error.hint}
        </p>
      ) : null}
      <div
        ref={place}
        className="jp-Cellruns-compare-board"
        aria-busy={model.isFetching}
      />
      <p className="jp-Cellruns-compare-hint" role="status">
        {model.isFetching
          ? trans.__('Fetching points…')
          : curveKeys.length === 0
            ? trans.__('Choose metrics to see their curves.')
            : trans.__('Drag over a plot to zoom in, double-click to see all.')}
      </p>
      <DataTable
        caption={trans.__('Figures of the curves')}
        heads={[
          trans.__('Run'),
          trans.__('Metric'),
          trans.__('Points'),
          trans.__('Last'),
          trans.__('Min'),
          trans.__('Max'),
          ...(baseline ? [trans.__('Last against %1', baseline.run.name)] : [])
        ]}
        rows={runs.flatMap(run =>
          [...run.series.values()].map(series => {
            const figures = summarize(series);
            const base = Number(
              baseline?.run.metrics[series.key]?.value ?? NaN
            );
            const percent = percentOf(figures.last ?? NaN, base);
            return [
              run.name,
              series.key,
              formatCount(series.count),
              formatValue(figures.last),
              formatValue(figures.min),
              formatValue(figures.max),
              ...(baseline
                ? [percent === null ? '–' : percentText(percent)]
                : [])
            ];
          })
        )}
      />
    </>
  );
}

function Check(props: {
  readonly label: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
}): JSX.Element {
  return (
    <label className="jp-Cellruns-inline-check">
      <input
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled}
        onChange={event => props.onChange(event.target.checked)}
      />
      {props.label}
    </label>
  );
}

/** Which metrics have a plot. */
function MetricsChoice(): JSX.Element {
  const { model, trans } = useCompare();
  const [text, setText] = React.useState('');
  const { metricKeys, curveKeys } = model;
  const found = metricKeys.filter(key =>
    key.toLowerCase().includes(text.toLowerCase())
  );
  return (
    <details className="jp-Cellruns-compare-data">
      <summary>
        {trans.__('Metrics (%1 of %2)', curveKeys.length, metricKeys.length)}
      </summary>
      <input
        type="search"
        placeholder={trans.__('Find a metric')}
        aria-label={trans.__('Find a metric')}
        value={text}
        onChange={event => setText(event.target.value)}
      />
      <div className="jp-Cellruns-compare-checks">
        {found.map(key => (
          <label key={key}>
            <input
              type="checkbox"
              checked={curveKeys.includes(key)}
              onChange={event =>
                model.set({
                  metrics: event.target.checked
                    ? [...curveKeys, key]
                    : curveKeys.filter(one => one !== key)
                })
              }
            />
            {isSystem(key) ? key.slice('system/'.length) : key}
          </label>
        ))}
      </div>
    </details>
  );
}
