import * as React from 'react';

import { barSpec } from '../charts/barSpec';
import { formatValue } from '../charts/format';
import type { ISize } from '../charts/geometry';
import type { AnySpec } from '../charts/specView';
import { RunsError } from '../client/errors';
import type { IImportance } from '../client/tokens';
import { useCompare } from './context';
import { Choice, DataTable, Empty } from './parts';
import { SpecChart } from './specChart';

/** How much each param tells of a metric. */
export function ImportanceView(): JSX.Element {
  const { model, trans, theme } = useCompare();
  const metrics = model.metricKeys;
  const metric =
    metrics.find(key => `metric:${key}` === model.state.y) ?? metrics[0];
  const ids = model.shown.map(run => run.run.run_id);
  const key = `${metric} ${ids.join()}`;
  const [found, setFound] = React.useState<IImportance | null>(null);
  const [error, setError] = React.useState<RunsError | null>(null);
  const [turn, setTurn] = React.useState(0);
  React.useEffect(() => {
    let gone = false;
    setFound(null);
    setError(null);
    if (metric) {
      model.client.importance(ids, metric).then(
        answer => gone || setFound(answer),
        reason => gone || setError(RunsError.from(reason))
      );
    }
    return () => {
      gone = true;
    };
  }, [key, turn]);
  const bars = found?.params.slice(0, 30) ?? [];
  const version = JSON.stringify([bars, theme]);
  const spec = React.useCallback(
    (size: ISize): AnySpec =>
      barSpec(
        bars.map(p => ({
          name: p.key,
          value: p.importance,
          spread: p.spread
        })),
        trans.__('Importance (drop of R² without the param)'),
        { theme, size }
      ),
    [version]
  );
  if (!metric) {
    return (
      <Empty
        title={trans.__('No metrics')}
        text={trans.__('None of these runs has logged a metric.')}
      />
    );
  }
  const reasons = {
    constant: trans.__('has one value only'),
    missing: trans.__('most runs have none'),
    identifier: trans.__('differs in every run')
  };
  return (
    <>
      <div className="jp-Cellruns-compare-tools">
        <Choice
          label={trans.__('Metric')}
          value={metric}
          onChange={value => model.set({ y: `metric:${value}` })}
        >
          {metrics.map(one => (
            <option key={one}>{one}</option>
          ))}
        </Choice>
      </div>
      {error ? (
        <Empty
          title={error.message}
          text={error.hint || undefined}
          alert={true}
        >
          <button
            type="button"
            className="jp-Cellruns-button"
            onClick={() => setTurn(turn + 1)}
          >
            {trans.__('Try again')}
          </button>
        </Empty>
      ) : !found ? (
        <p className="jp-Cellruns-compare-hint" role="status">
          {trans.__('A model learns %1 from the params…', metric)}
        </p>
      ) : (
        <>
          <SpecChart
            label={trans.__(
              'Importances of %1 params for %2. The data table below has the values.',
              found.params.length,
              metric
            )}
            height={70 + 24 * bars.length}
            spec={spec}
          />
          <div className="jp-Cellruns-compare-hint">
            <p>
              <strong>
                {found.score !== null && found.score >= 0.5
                  ? trans.__(
                      'The model explains %1 % of what %2 varies in runs that it had not seen.',
                      Math.round(100 * found.score),
                      metric
                    )
                  : trans.__(
                      'Take this with care: the model hardly predicts %1 of runs that it had not seen (R² %2).',
                      metric,
                      formatValue(found.score)
                    )}
              </strong>{' '}
              {trans.__(
                'Permutation importance by scikit-learn %1 over %2 runs: how much worse a random forest predicts when the values of a param are shuffled; mean and standard deviation over folds.',
                found.sklearn,
                found.runs
              )}
            </p>
            <p>
              {trans.__(
                'What it cannot say: which way a param works (see the rank correlation and the scatter plot), whether it causes anything, how params that went together share their part, and anything about values that were not tried.'
              )}
            </p>
            {found.left_out.length > 0 ? (
              <p>
                {trans.__('Left out:')}{' '}
                {found.left_out
                  .map(one => `${one.key} (${reasons[one.reason]})`)
                  .join(', ')}
              </p>
            ) : null}
          </div>
          <DataTable
            caption={trans.__('Importances for %1', metric)}
            heads={[
              trans.__('Param'),
              trans.__('Importance'),
              trans.__('± SD'),
              trans.__('Forest’s own'),
              trans.__('Rank correlation'),
              trans.__('Values')
            ]}
            rows={found.params.map(p => [
              p.key,
              formatValue(p.importance),
              formatValue(p.spread),
              formatValue(p.forest),
              formatValue(p.correlation),
              String(p.values)
            ])}
          />
        </>
      )}
    </>
  );
}
