import React, { useState } from 'react';

import type { IMetricSummary } from '../client/tokens';
import { MetricChart } from './chart';
import { useView } from './context';
import type { RunDetailModel } from './detail-model';
import { formatNumber } from './format';
import { betterEnd } from './spark';

/** Metrics from which on there is a search field. */
const SEARCH_FROM = 10;
/** Metrics rendered at once. */
const STEP = 60;

/** The metrics of a run: last and best values, and a chart each. */
export function Metrics(props: {
  model: RunDetailModel;
  metrics: readonly IMetricSummary[];
}): JSX.Element {
  const { trans } = useView();
  const [text, setText] = useState('');
  const [limit, setLimit] = useState(STEP);
  const [large, setLarge] = useState<string | null>(null);
  const hits = props.metrics.filter(metric =>
    metric.key.toLowerCase().includes(text.trim().toLowerCase())
  );
  const shown = hits.slice(0, limit);
  const charted = shown.filter(metric => metric.count > 1);
  const single = shown.filter(metric => metric.count <= 1);
  if (props.metrics.length === 0) {
    return <p className="jp-Cellruns-none">{trans.__('None.')}</p>;
  }
  return (
    <>
      {props.metrics.length >= SEARCH_FROM ? (
        <input
          type="text"
          className="jp-Cellruns-search"
          value={text}
          placeholder={trans.__('Find a metric')}
          aria-label={trans.__('Find a metric')}
          onChange={event => setText(event.currentTarget.value)}
        />
      ) : null}
      {charted.length > 0 ? (
        <ul className="jp-Cellruns-metrics">
          {charted.map(metric => (
            <Metric
              key={metric.key}
              metric={metric}
              model={props.model}
              large={large === metric.key}
              onEnlarge={() =>
                setLarge(large === metric.key ? null : metric.key)
              }
            />
          ))}
        </ul>
      ) : null}
      {single.length > 0 ? (
        <table
          className="jp-Cellruns-pairs"
          data-numbers="true"
          aria-label={trans.__('Metrics of one value')}
        >
          <tbody>
            {single.map(metric => (
              <tr key={metric.key}>
                <th scope="row" title={metric.key}>
                  {metric.key}
                </th>
                <td title={String(metric.last)}>{formatNumber(metric.last)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {hits.length > limit ? (
        <button
          type="button"
          className="jp-Cellruns-button"
          onClick={() => setLimit(limit + STEP)}
        >
          {trans.__('%1 more', hits.length - limit)}
        </button>
      ) : null}
    </>
  );
}

function Metric(props: {
  metric: IMetricSummary;
  model: RunDetailModel;
  large: boolean;
  onEnlarge: () => void;
}): JSX.Element {
  const { trans } = useView();
  const { metric, model, large } = props;
  const series = model.series(metric.key);
  const best = betterEnd(metric.key);
  const head = (
    <>
      <span className="jp-Cellruns-metricKey" title={metric.key}>
        {metric.key}
      </span>
      <span className="jp-Cellruns-metricLast" title={String(metric.last)}>
        {formatNumber(metric.last)}
      </span>
    </>
  );
  return (
    <li className="jp-Cellruns-metric" data-large={large}>
      <button
        type="button"
        className="jp-Cellruns-metricHead"
        aria-expanded={large}
        title={
          large
            ? trans.__('Make the chart smaller')
            : trans.__('Make the chart larger')
        }
        onClick={props.onEnlarge}
      >
        {head}
      </button>
      <div onClick={large ? undefined : props.onEnlarge}>
        {series ? (
          <MetricChart series={series} large={large} />
        ) : (
          <span className="jp-Cellruns-bone" data-kind="chart" />
        )}
      </div>
      <div className="jp-Cellruns-metricFoot">
        <End
          name={trans.__('min')}
          value={metric.min}
          step={metric.min_step}
          best={best === 'min'}
        />
        <End
          name={trans.__('max')}
          value={metric.max}
          step={metric.max_step}
          best={best === 'max'}
        />
        {metric.nonfinite > 0 ? (
          <span className="jp-Cellruns-warn">
            {trans._n('%1 NaN or ∞', '%1 NaN or ∞', metric.nonfinite)}
          </span>
        ) : null}
      </div>
    </li>
  );
}

function End(props: {
  name: string;
  value: IMetricSummary['min'];
  step: number | null;
  best: boolean;
}): JSX.Element | null {
  const { trans } = useView();
  if (props.value === null) {
    return null;
  }
  const where = props.step === null ? '' : trans.__('at step %1', props.step);
  return (
    <span
      data-best={props.best}
      title={props.best ? trans.__('Best value, %1', where) : where}
    >
      {props.best ? trans.__('best') : props.name}{' '}
      <b>{formatNumber(props.value)}</b>
    </span>
  );
}
