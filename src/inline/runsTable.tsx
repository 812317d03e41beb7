import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { formatValue } from '../charts/format';
import { colorOf, dashOf } from '../charts/palette';
import { isSystem, roleOf, singles } from '../charts/plots';
import type { ChartRun } from './chartRun';
import { spanOf, statusText } from './header';
import { differing, moreIsBetter, summarize } from './summary';

const MAX_PARAMS = 4;
const MAX_METRICS = 12;

/** What the table shows. */
export interface IRunsTableProps {
  readonly runs: readonly ChartRun[];
  readonly live: boolean;
  readonly now: number;
  readonly dark: boolean;
  readonly trans: TranslationBundle;
}

/** The runs of a chart with their last and best values; its swatches are the legend. */
export function RunsTable(props: IRunsTableProps): JSX.Element {
  const { runs, live, now, dark, trans } = props;
  const params = differing(runs).slice(0, MAX_PARAMS);
  const metrics = metricsOf(runs).slice(0, MAX_METRICS);
  const single = new Set(singles(runs));
  const cells = runs.map(run =>
    metrics.map(key => {
      const series = run.series.get(key);
      const figures = series ? summarize(series) : null;
      const best = moreIsBetter(key) ? figures?.max : figures?.min;
      return { last: figures?.last ?? null, best: best ?? null };
    })
  );
  const bests = metrics.map((key, m) => {
    const all = cells.flatMap(row => row[m].best ?? []);
    return moreIsBetter(key) ? Math.max(...all) : Math.min(...all);
  });
  return (
    <div className="jp-Cellruns-inline-tableBox" tabIndex={0}>
      <table className="jp-Cellruns-inline-table">
        <caption>{trans.__('Runs of this cell')}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Run')}</th>
            <th scope="col">{trans.__('Status')}</th>
            <th scope="col" className="jp-Cellruns-inline-number">
              {trans.__('Duration')}
            </th>
            {params.map(key => (
              <th scope="col" key={key} title={key}>
                {key}
              </th>
            ))}
            {metrics.map(key => (
              <React.Fragment key={key}>
                <th
                  scope="col"
                  className="jp-Cellruns-inline-number"
                  title={key}
                >
                  {key}
                </th>
                {!single.has(key) && (
                  <th
                    scope="col"
                    className="jp-Cellruns-inline-number"
                    title={
                      moreIsBetter(key)
                        ? trans.__('Highest %1', key)
                        : trans.__('Lowest %1', key)
                    }
                  >
                    {moreIsBetter(key) ? trans.__('max') : trans.__('min')}
                  </th>
                )}
              </React.Fragment>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map((run, i) => (
            <tr key={run.run}>
              <th scope="row">
                <span
                  className="jp-Cellruns-swatch"
                  data-dash={dashOf(i)}
                  style={{ color: colorOf(i, dark) }}
                />
                <span
                  className="jp-Cellruns-inline-runName"
                  title={`${run.name}\n${run.run}`}
                >
                  {run.name}
                </span>
              </th>
              <td>
                <span
                  className="jp-Cellruns-inline-status"
                  data-status={run.status}
                >
                  <span className="jp-Cellruns-inline-dot" aria-hidden="true" />
                  {statusText(run.status, live, trans)}
                </span>
              </td>
              <td className="jp-Cellruns-inline-number">
                {spanOf(run, live, now)}
              </td>
              {params.map(key => (
                <td
                  key={key}
                  className="jp-Cellruns-inline-param"
                  title={run.params.get(key)}
                >
                  {run.params.get(key) ?? '–'}
                </td>
              ))}
              {metrics.map((key, m) => (
                <React.Fragment key={key}>
                  <td
                    className="jp-Cellruns-inline-number"
                    data-best={
                      (single.has(key) && cells[i][m].best === bests[m]) ||
                      undefined
                    }
                  >
                    {formatValue(cells[i][m].last)}
                  </td>
                  {!single.has(key) && (
                    <td
                      className="jp-Cellruns-inline-number"
                      data-best={cells[i][m].best === bests[m] || undefined}
                    >
                      {formatValue(cells[i][m].best)}
                    </td>
                  )}
                </React.Fragment>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Metrics in the order they were first seen, those of held-out data before those of training. */
function metricsOf(runs: readonly ChartRun[]): string[] {
  const keys = [...new Set(runs.flatMap(run => [...run.series.keys()]))];
  const rank = (key: string): number => {
    const { role } = roleOf(key);
    return role === null ? 1 : role.startsWith('train') ? 2 : 0;
  };
  return keys.filter(key => !isSystem(key)).sort((a, b) => rank(a) - rank(b));
}
