import React from 'react';

import type { RunStatus, TableCell } from '../client/tokens';
import type { ILiveRun } from '../live/tokens';
import { useView } from '../runs/context';
import { formatDuration, formatNumber } from '../runs/format';
import { statusText } from '../runs/status';
import { Ago, Duration } from '../runs/time';
import { isMetric, type IColumn } from './columns';
import type { ITableRow } from './row';

/** A row with what its kernel said since: newer values, params, and its end. */
export function withLive(
  row: ITableRow,
  live: ILiveRun | undefined
): ITableRow {
  if (!live || row.status !== 'RUNNING') {
    return row;
  }
  const cells = new Map(row.cells);
  live.last.forEach((point, key) => cells.set(`metric:${key}`, point.value));
  live.params.forEach((value, key) => {
    if (!cells.has(`param:${key}`)) {
      cells.set(`param:${key}`, value);
    }
  });
  return {
    ...row,
    cells,
    status: live.status,
    endTime: row.endTime ?? live.endTime
  };
}

/** The value of a line in a column, drawn. */
export function CellValue(props: {
  row: ITableRow;
  column: IColumn;
}): JSX.Element | null {
  const { row, column } = props;
  const { trans } = useView();
  const cell = row.cells.get(column.id);
  if (column.kind === 'attribute' && !row.isGroup) {
    if (column.key === 'start_time') {
      return <Ago time={row.startTime} />;
    }
    if (column.key === 'end_time') {
      return row.endTime === null ? null : <Ago time={row.endTime} />;
    }
    if (column.key === 'duration') {
      return (
        <Duration
          run={{
            start_time: row.startTime,
            end_time: row.endTime,
            status: row.status
          }}
        />
      );
    }
    if (column.key === 'status') {
      return <>{statusText(row.status, trans)}</>;
    }
  }
  if (cell === undefined) {
    return null;
  }
  if (typeof cell === 'object' && 'mean' in cell) {
    const format = column.key === 'duration' ? formatDuration : formatNumber;
    return (
      <>
        {format(cell.mean)}
        {cell.deviation === null ? null : (
          <span className="jp-Cellruns-spread">
            {' '}
            ± {format(cell.deviation)}
          </span>
        )}
      </>
    );
  }
  if (typeof cell === 'object') {
    return (
      <span className="jp-Cellruns-spread">
        {trans._n('%1 value', '%1 values', cell.distinct)}
      </span>
    );
  }
  return <>{plain(cell, column)}</>;
}

function plain(cell: number | string, column: IColumn): string {
  if (column.kind === 'attribute' && column.key === 'execution_count') {
    return `[${cell}]`;
  }
  if (isMetric(column)) {
    return formatNumber(cell as number);
  }
  return String(cell);
}

/** The value of a line in a column as plain text, for titles and chips. */
export function cellText(row: ITableRow, column: IColumn): string | undefined {
  const cell: TableCell | undefined = row.cells.get(column.id);
  if (cell === undefined) {
    return undefined;
  }
  if (typeof cell === 'object') {
    if ('mean' in cell) {
      return `${formatNumber(cell.mean)} ± ${formatNumber(cell.deviation)} (${formatNumber(cell.least)} – ${formatNumber(cell.greatest)}, n = ${cell.runs})`;
    }
    return String(cell.distinct);
  }
  return isMetric(column) ? String(cell) : plain(cell, column);
}

/** What a group of runs is called. */
export function groupLabel(
  row: ITableRow,
  column: IColumn | null,
  none: string,
  statusName: (status: RunStatus) => string
): string {
  if (row.group === null) {
    return none;
  }
  if (column && isMetric(column)) {
    return formatNumber(row.group as number);
  }
  if (column?.id === 'attribute:status') {
    return statusName(row.group as RunStatus);
  }
  return String(row.group);
}
