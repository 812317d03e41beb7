import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { formatCount, formatValue } from '../charts/format';
import type { ChartRun } from './chartRun';
import { summarize } from './summary';

/** The figures of all metrics of all runs, for those who do not read charts. */
export function DataTable(props: {
  readonly runs: readonly ChartRun[];
  readonly trans: TranslationBundle;
}): JSX.Element {
  const { runs, trans } = props;
  const heads = [
    trans.__('Points'),
    trans.__('Last'),
    trans.__('at step'),
    trans.__('Min'),
    trans.__('Max'),
    trans.__('Not finite')
  ];
  return (
    <div className="jp-Cellruns-inline-tableBox" tabIndex={0}>
      <table className="jp-Cellruns-inline-table">
        <caption>{trans.__('Metrics of this chart')}</caption>
        <thead>
          <tr>
            {runs.length > 1 && <th scope="col">{trans.__('Run')}</th>}
            <th scope="col">{trans.__('Metric')}</th>
            {heads.map(head => (
              <th scope="col" key={head} className="jp-Cellruns-inline-number">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.flatMap(run =>
            [...run.series.values()].map(series => {
              const figures = summarize(series);
              const cells = [
                formatCount(series.count),
                formatValue(figures.last),
                figures.lastStep ?? '–',
                formatValue(figures.min),
                formatValue(figures.max),
                formatCount(figures.nonfinite)
              ];
              return (
                <tr key={`${run.run} ${series.key}`}>
                  {runs.length > 1 && (
                    <td className="jp-Cellruns-inline-param" title={run.name}>
                      {run.name}
                    </td>
                  )}
                  <th scope="row" title={series.key}>
                    {series.key}
                  </th>
                  {cells.map((cell, i) => (
                    <td key={i} className="jp-Cellruns-inline-number">
                      {cell}
                    </td>
                  ))}
                </tr>
              );
            })
          )}
        </tbody>
      </table>
    </div>
  );
}
