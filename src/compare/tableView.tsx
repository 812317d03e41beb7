import * as React from 'react';

import { formatSpan, formatValue } from '../charts/format';
import { useCompare } from './context';
import { marksOf } from './marks';
import type { CompareModel } from './model';
import { Swatch } from './parts';
import {
  type ITableRow,
  type ITableSection,
  percentOf,
  percentText,
  tableOf
} from './table';

/** The table of a comparison as it is shown and exported. */
export function sectionsOf(model: CompareModel): ITableSection[] {
  return tableOf(
    model.shown,
    model.provenance,
    {
      time: ms => new Date(ms).toLocaleString(),
      span: formatSpan,
      number: formatValue
    },
    model.state.onlyDifferences
  );
}

/** Runs as columns, what they are as rows. */
export function TableView(): JSX.Element {
  const { model, trans } = useCompare();
  const { state, shown } = model;
  const sections = sectionsOf(model);
  const names: Record<ITableSection['id'], string> = {
    run: trans.__('Run'),
    params: trans.__('Params'),
    metrics: trans.__('Metrics (last)'),
    tags: trans.__('Tags'),
    datasets: trans.__('Datasets'),
    models: trans.__('Models'),
    environment: trans.__('Environment'),
    packages: trans.__('Packages'),
    system: trans.__('System tags')
  };
  const equal = sections.reduce((sum, section) => sum + section.equal, 0);
  const base = state.baseline
    ? shown.findIndex(run => run.run.run_id === state.baseline)
    : -1;
  // Without a baseline characters are marked against the first run.
  const against = Math.max(0, base);
  return (
    <>
      <div className="jp-Cellruns-compare-tools">
        <label className="jp-Cellruns-inline-check">
          <input
            type="checkbox"
            checked={state.onlyDifferences}
            onChange={event =>
              model.set({ onlyDifferences: event.target.checked })
            }
          />
          {trans.__('Only differences')}
        </label>
        <span className="jp-Cellruns-compare-faint" role="status">
          {state.onlyDifferences && equal > 0
            ? trans._n('%1 equal row hidden', '%1 equal rows hidden', equal)
            : ''}
        </span>
        {model.provenanceError ? (
          <span className="jp-Cellruns-compare-faint" role="alert">
            {trans.__(
              'Environments are missing: %1',
              model.provenanceError.message
            )}
          </span>
        ) : null}
      </div>
      <div
        className="jp-Cellruns-compare-scroll jp-Cellruns-compare-main"
        tabIndex={0}
        role="region"
        aria-label={trans.__('Table of the runs')}
      >
        <table className="jp-Cellruns-compare-table">
          <caption>{trans.__('Runs side by side')}</caption>
          <thead>
            <tr>
              <th scope="col">{trans.__('Key')}</th>
              {shown.map(run => (
                <th scope="col" key={run.run.run_id} title={run.run.run_id}>
                  <Swatch order={model.orderOf(run.run.run_id)} />{' '}
                  {run.run.name}
                </th>
              ))}
            </tr>
          </thead>
          {sections
            .filter(section => section.rows.length > 0)
            .map(section => (
              <tbody key={section.id}>
                <tr className="jp-Cellruns-compare-section">
                  <th scope="rowgroup" colSpan={shown.length + 1}>
                    <span>{names[section.id]}</span>
                  </th>
                </tr>
                {section.rows.map(row => (
                  <Row
                    key={row.key}
                    row={row}
                    against={against}
                    base={base}
                    // When a run began and what its id is always differs.
                    marked={section.id !== 'run'}
                  />
                ))}
              </tbody>
            ))}
        </table>
        {sections.every(section => section.rows.length === 0) ? (
          <p className="jp-Cellruns-compare-hint">
            {trans.__(
              'These runs do not differ in anything that is known of them.'
            )}
          </p>
        ) : null}
      </div>
    </>
  );
}

function Row(props: {
  readonly row: ITableRow;
  readonly against: number;
  readonly base: number;
  readonly marked: boolean;
}): JSX.Element {
  const { row, against, base, marked } = props;
  const { trans } = useCompare();
  const other = row.cells[against] ?? '';
  return (
    <tr data-differs={row.differs || undefined}>
      <th scope="row" title={row.key}>
        {row.key}
      </th>
      {row.cells.map((cell, i) => (
        <td
          key={i}
          title={cell ?? undefined}
          className={row.numbers ? 'jp-Cellruns-inline-number' : undefined}
        >
          {cell === null ? (
            <span
              className="jp-Cellruns-compare-faint"
              aria-label={trans.__('none')}
            >
              –
            </span>
          ) : row.numbers ? (
            <>
              {cell}
              {base >= 0 && i !== base ? (
                <Percent value={percentOf(row.numbers[i], row.numbers[base])} />
              ) : null}
            </>
          ) : i === against || !row.differs || !marked ? (
            cell
          ) : (
            marksOf(cell, other).map((mark, m) =>
              mark.differs ? (
                <mark key={m}>{mark.text}</mark>
              ) : (
                <span key={m}>{mark.text}</span>
              )
            )
          )}
        </td>
      ))}
    </tr>
  );
}

function Percent(props: { value: number | null }): JSX.Element | null {
  const { value } = props;
  return value === null || value === 0 ? null : (
    <span className="jp-Cellruns-compare-percent">{percentText(value)}</span>
  );
}
