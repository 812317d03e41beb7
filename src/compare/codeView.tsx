import * as React from 'react';

import type { IRunBrief } from '../client/tokens';
import { useCompare } from './context';
import { linesOf } from './marks';
import { Choice, Empty } from './parts';
import { changedLines, compareCells } from './provenance';

/** Code of two runs cell by cell, packages and the git patch. */
export function CodeView(): JSX.Element {
  const { model, trans } = useCompare();
  const { runs, provenance } = model;
  const [pair, setPair] = React.useState<[string, string] | null>(null);
  const known = runs.filter(run => provenance.has(run.run.run_id));
  if (known.length === 0) {
    return model.provenanceError ? (
      <Empty
        title={model.provenanceError.message}
        text={model.provenanceError.hint || undefined}
        alert
      >
        <button
          type="button"
          className="jp-Cellruns-button"
          onClick={() => void model.loadProvenance()}
        >
          {trans.__('Try again')}
        </button>
      </Empty>
    ) : model.isProvenanceLoaded ? (
      <Empty
        title={trans.__('No code is known of these runs')}
        text={trans.__(
          'Runs of notebooks are recorded with the cells that made them while “Log what runs were made from” is on in the settings.'
        )}
      />
    ) : (
      <p className="jp-Cellruns-compare-hint" role="status">
        {trans.__('Fetching what the runs were made from…')}
      </p>
    );
  }
  const byTime = [...known].sort((a, b) => a.run.start_time - b.run.start_time);
  const find = (id: string | undefined): IRunBrief | undefined =>
    known.find(run => run.run.run_id === id);
  const after = find(pair?.[1]) ?? byTime[byTime.length - 1];
  const before =
    find(pair?.[0] ?? model.state.baseline ?? undefined) ??
    byTime[Math.max(0, byTime.length - 2)];
  const old = provenance.get(before.run.run_id);
  const now = provenance.get(after.run.run_id);
  const options = known.map(({ run }) => (
    <option key={run.run_id} value={run.run_id}>
      {run.name}
    </option>
  ));
  const changes = compareCells(old?.cells ?? [], now?.cells ?? []);
  const { added, removed } = changedLines(changes);
  const packages = [
    ...new Set([
      ...Object.keys(old?.packages ?? {}),
      ...Object.keys(now?.packages ?? {})
    ])
  ]
    .sort()
    .filter(name => old?.packages[name] !== now?.packages[name]);
  const kinds = {
    changed: trans.__('changed'),
    added: trans.__('only in the later'),
    removed: trans.__('only in the earlier'),
    same: ''
  };
  return (
    <>
      <div className="jp-Cellruns-compare-tools">
        <Choice
          label={trans.__('From')}
          value={before.run.run_id}
          onChange={id => setPair([id, after.run.run_id])}
        >
          {options}
        </Choice>
        <Choice
          label={trans.__('To')}
          value={after.run.run_id}
          onChange={id => setPair([before.run.run_id, id])}
        >
          {options}
        </Choice>
        <span className="jp-Cellruns-compare-faint" role="status">
          {changes.every(change => change.kind === 'same')
            ? trans.__('The code is the same.')
            : trans.__('Lines: +%1 −%2', added, removed)}
        </span>
      </div>
      <section aria-label={trans.__('Cells')}>
        {changes
          .filter(change => change.kind !== 'same')
          .map((change, i) => (
            <div className="jp-Cellruns-compare-cell" key={i}>
              <h3>
                {trans.__('Cell [%1]', change.count ?? ' ')}{' '}
                <span className="jp-Cellruns-compare-faint">
                  {kinds[change.kind]}
                </span>
              </h3>
              <DiffLines before={change.before} after={change.after} />
            </div>
          ))}
      </section>
      {packages.length > 0 ? (
        <section>
          <h3>{trans.__('Packages')}</h3>
          <table className="jp-Cellruns-compare-table">
            <caption>{trans.__('Packages that differ')}</caption>
            <thead>
              <tr>
                <th scope="col">{trans.__('Package')}</th>
                <th scope="col">{before.run.name}</th>
                <th scope="col">{after.run.name}</th>
              </tr>
            </thead>
            <tbody>
              {packages.map(name => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{old?.packages[name] ?? '–'}</td>
                  <td>{now?.packages[name] ?? '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
      {(old?.patch ?? '') !== (now?.patch ?? '') ? (
        <section>
          <h3>{trans.__('Changes not committed (git patch)')}</h3>
          <DiffLines before={old?.patch ?? ''} after={now?.patch ?? ''} />
        </section>
      ) : null}
    </>
  );
}

function DiffLines(props: { before: string; after: string }): JSX.Element {
  const { trans } = useCompare();
  const signs = { same: ' ', added: '+', removed: '−', skipped: ' ' };
  const lines = React.useMemo(
    () => linesOf(props.before, props.after) ?? [],
    [props.before, props.after]
  );
  return (
    <pre
      className="jp-Cellruns-compare-diff"
      tabIndex={0}
      aria-label={trans.__('Differences')}
    >
      {lines.map((line, i) => (
        <span key={i} data-kind={line.kind}>
          {signs[line.kind]} {line.text}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
