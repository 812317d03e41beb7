import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import React, { memo } from 'react';

import type { IRunSummary } from '../client/tokens';
import { chipsOf, type IColumn } from './columns';
import { useView } from './context';
import { formatNumber } from './format';
import { StatusSign } from './status';
import { Ago, Duration } from './time';
import type { IRow } from './tree';

/** Deepest indent of nested runs; deeper ones keep it. */
const MOST_INDENT = 4;

/** One run of the list: a table row where there is room, two lines where there is not. */
export const RunRow = memo(
  (props: {
    row: IRow;
    run: IRunSummary;
    index: number;
    top: number;
    wide: boolean;
    active: boolean;
    columns: readonly IColumn[];
    mostChips: number;
    onOpen: (id: string) => void;
    onFocus: (index: number) => void;
    onToggle: (id: string) => void;
  }): JSX.Element => {
    const { row, run, index, wide, columns } = props;
    const { trans } = useView();
    const name = run.name || run.run_id;
    const label = (
      <>
        {row.children > 0 ? (
          <button
            type="button"
            tabIndex={-1}
            className="jp-Cellruns-twisty"
            aria-label={row.expanded ? trans.__('Fold up') : trans.__('Unfold')}
            onClick={event => {
              event.stopPropagation();
              props.onToggle(run.run_id);
            }}
          >
            {row.expanded ? (
              <caretDownIcon.react tag="span" width="18px" />
            ) : (
              <caretRightIcon.react tag="span" width="18px" />
            )}
          </button>
        ) : null}
        <StatusSign status={run.status} />
        <span className="jp-Cellruns-name" title={name}>
          {name}
        </span>
        {row.children > 0 && !row.expanded ? (
          <span className="jp-Cellruns-count">{row.children}</span>
        ) : null}
      </>
    );
    return (
      <div
        role="row"
        className="jp-Cellruns-row"
        style={{
          top: props.top,
          ['--cellruns-depth' as string]: Math.min(row.depth, MOST_INDENT)
        }}
        data-index={index}
        data-run={run.run_id}
        aria-rowindex={index + 1}
        aria-level={row.depth + 1}
        aria-expanded={row.children > 0 ? row.expanded : undefined}
        tabIndex={props.active ? 0 : -1}
        onFocus={() => props.onFocus(index)}
        onClick={() => props.onOpen(run.run_id)}
      >
        <span role="gridcell" className="jp-Cellruns-nameCell">
          {label}
        </span>
        {wide ? (
          <>
            {columns.map(column => (
              <span
                role="gridcell"
                className="jp-Cellruns-valueCell"
                data-kind={column.kind}
                key={`${column.kind}:${column.key}`}
                title={columnValue(run, column)}
              >
                {columnValue(run, column) ?? ''}
              </span>
            ))}
            <span role="gridcell" className="jp-Cellruns-startCell">
              <Ago time={run.start_time} />
            </span>
            <span role="gridcell" className="jp-Cellruns-durationCell">
              <Duration run={run} />
            </span>
          </>
        ) : (
          <>
            <span role="gridcell" className="jp-Cellruns-durationCell">
              <Duration run={run} />
            </span>
            <span role="gridcell" className="jp-Cellruns-chipsCell">
              <span className="jp-Cellruns-when">
                <Ago time={run.start_time} />
              </span>
              {chipsOf(run, columns, props.mostChips).map(column => (
                <Chip
                  key={`${column.kind}:${column.key}`}
                  run={run}
                  column={column}
                />
              ))}
            </span>
          </>
        )}
      </div>
    );
  }
);

function Chip(props: {
  run: IRunSummary;
  column: IColumn;
}): JSX.Element | null {
  const value = columnValue(props.run, props.column);
  if (value === undefined) {
    return null;
  }
  const { key, kind } = props.column;
  return (
    <span
      className="jp-Cellruns-chip"
      data-kind={kind}
      title={`${key} = ${value}`}
    >
      <span className="jp-Cellruns-chipKey">{key}</span>
      <span className="jp-Cellruns-chipValue">{value}</span>
    </span>
  );
}

/** The value of a run in a column, undefined where it has none. */
export function columnValue(
  run: IRunSummary,
  column: IColumn
): string | undefined {
  if (column.kind === 'param') {
    return run.params[column.key];
  }
  const metric = run.metrics[column.key];
  return metric && formatNumber(metric.value);
}
