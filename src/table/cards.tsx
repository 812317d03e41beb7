import React, { memo, useMemo, useRef } from 'react';

import { useSignal, useView } from '../runs/context';
import { Ago, Duration } from '../runs/time';
import { CellValue, cellText, withLive } from './cell';
import { columnLabel, type IColumn } from './columns';
import { lineProps, type ILine } from './line-props';
import { useLines, type ILineActions } from './lines';
import type { TableModel } from './model';
import { NameCell } from './name-cell';

const ROW_HEIGHT = 50;
/** Values a run shows where nobody has chosen columns. */
const MOST_CHIPS = 3;

/** The table where there is little room: two lines for each run, of its values the first that it has. */
export function TableCards(props: {
  model: TableModel;
  actions: ILineActions;
  start: string | null;
}): JSX.Element {
  const { model, actions } = props;
  const { trans } = useView();
  useSignal(model.changed);
  const viewport = useRef<HTMLDivElement>(null);
  const lines = useLines({
    model,
    viewport,
    height: ROW_HEIGHT,
    header: 0,
    actions,
    start: props.start
  });
  const id = model.columns.map(column => column.id).join('\n');
  // The same array for the same columns, so that rows that did not change are not drawn again.
  const columns = useMemo(() => model.columns, [id]);
  const most = model.state.columns?.length ?? MOST_CHIPS;
  return (
    <div className="jp-Cellruns-list" data-layout="narrow">
      <div
        ref={viewport}
        role="treegrid"
        className="jp-Cellruns-viewport"
        aria-label={trans.__('Runs')}
        aria-rowcount={model.total}
        aria-multiselectable="true"
        aria-busy={model.isBusy}
        onKeyDown={lines.onKeyDown}
      >
        <div
          role="rowgroup"
          className="jp-Cellruns-rows"
          style={{ height: lines.virtualizer.getTotalSize() }}
        >
          {lines.items.map(item => {
            const row = model.row(item.index);
            const live =
              row?.status === 'RUNNING' ? model.live?.run(row.id) : undefined;
            return (
              <Card
                key={row?.id ?? item.index}
                model={model}
                row={row && withLive(row, live)}
                index={item.index}
                top={item.start}
                columns={columns}
                most={most}
                active={item.index === lines.current}
                selected={row !== undefined && model.selection.has(row.id)}
                onFocus={lines.setCurrent}
                onClick={lines.onClick}
                onMenu={actions.menu}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

const Card = memo(
  (
    props: ILine & {
      columns: readonly IColumn[];
      most: number;
    }
  ): JSX.Element => {
    const { model, row, index, columns, selected } = props;
    const { trans } = useView();
    return (
      <div
        className="jp-Cellruns-row"
        style={{
          top: props.top,
          ['--cellruns-depth' as string]: Math.min(row?.depth ?? 0, 4)
        }}
        {...lineProps(props, 0)}
      >
        {row === undefined ? (
          <span
            role="gridcell"
            className="jp-Cellruns-bone"
            aria-label={trans.__('Loading')}
          />
        ) : (
          <>
            <span role="gridcell" className="jp-Cellruns-nameCell">
              <NameCell {...{ row, index, model, selected }} />
            </span>
            <span role="gridcell" className="jp-Cellruns-durationCell">
              {row.isGroup ? null : (
                <Duration
                  run={{
                    start_time: row.startTime,
                    end_time: row.endTime,
                    status: row.status
                  }}
                />
              )}
            </span>
            <span role="gridcell" className="jp-Cellruns-chipsCell">
              {row.isGroup ? null : (
                <span className="jp-Cellruns-when">
                  <Ago time={row.startTime} />
                </span>
              )}
              {columns
                .filter(column => row.cells.has(column.id))
                .slice(0, props.most)
                .map(column => (
                  <span
                    key={column.id}
                    className="jp-Cellruns-chip"
                    data-kind={column.kind}
                    title={`${columnLabel(column, trans)} = ${cellText(row, column)}`}
                  >
                    <span className="jp-Cellruns-chipKey">
                      {columnLabel(column, trans)}
                    </span>
                    <span className="jp-Cellruns-chipValue">
                      <CellValue row={row} column={column} />
                    </span>
                  </span>
                ))}
            </span>
          </>
        )}
      </div>
    );
  },
  (a, b) =>
    a.row === b.row &&
    a.index === b.index &&
    a.top === b.top &&
    a.columns === b.columns &&
    a.most === b.most &&
    a.active === b.active &&
    a.selected === b.selected
);
