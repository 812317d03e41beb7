import type { Table } from '@tanstack/react-table';
import React from 'react';

import { useView } from '../runs/context';
import { columnLabel, isNumeric, kindLabel, type IColumn } from './columns';
import { openColumnMenu } from './column-menu';
import { dropColumn, moveColumn } from './column-order';
import type { TableModel } from './model';
import type { ITableRow } from './row';

/** How far a key resizes a column (px). */
const STEP = 16;

/** The head of a column: sorts, moves, resizes, and opens the column's menu. */
export function HeadCell(props: {
  model: TableModel;
  table: Table<ITableRow>;
  column: IColumn;
  index: number;
  left: number;
  width: number;
  pinned: boolean;
}): JSX.Element {
  const { model, table, column, width } = props;
  const { trans } = useView();
  const place = model.state.sort.findIndex(one => one.column === column.id);
  const sorted = place < 0 ? null : model.state.sort[place];
  const isName = column.key === 'name' && column.kind === 'attribute';
  const label = columnLabel(column, trans);
  const header = table
    .getFlatHeaders()
    .find(one => one.column.id === column.id);
  const resize = (by: number) =>
    model.update({
      widths: {
        ...model.state.widths,
        [column.id]: Math.max(44, Math.min(1200, width + by))
      }
    });
  const menu = (node: Element) => {
    const box = node.getBoundingClientRect();
    openColumnMenu(model, column, trans, box.left, box.bottom);
  };
  const onKeyDown = (event: React.KeyboardEvent<HTMLButtonElement>) => {
    const heads = [
      ...(event.currentTarget
        .closest('[role="row"]')
        ?.querySelectorAll<HTMLElement>('.jp-Cellruns-headButton') ?? [])
    ];
    const at = heads.indexOf(event.currentTarget);
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
    const act = (action: () => void) => {
      event.preventDefault();
      event.stopPropagation();
      action();
    };
    if (side && event.altKey && !isName) {
      act(() => moveColumn(model, column.id, side));
    } else if (side && event.shiftKey) {
      act(() => resize(side * STEP));
    } else if (side) {
      act(() => heads[at + side]?.focus());
    } else if (event.key === 'ArrowDown') {
      act(() =>
        event.currentTarget
          .closest('[role="treegrid"]')
          ?.querySelector<HTMLElement>('[data-index][tabindex="0"]')
          ?.focus()
      );
    } else if (
      event.key === 'ContextMenu' ||
      (event.shiftKey && event.key === 'F10')
    ) {
      act(() => menu(event.currentTarget));
    }
  };
  return (
    <span
      role="columnheader"
      className="jp-Cellruns-gridCell jp-Cellruns-headCell"
      aria-colindex={props.index + 1}
      aria-sort={
        sorted ? (sorted.descending ? 'descending' : 'ascending') : undefined
      }
      data-numeric={isNumeric(column)}
      data-pinned={props.pinned}
      style={{
        position: props.pinned ? 'sticky' : 'absolute',
        left: props.left,
        width
      }}
      draggable={!isName && !table.getState().columnSizingInfo.isResizingColumn}
      onDragStart={event => {
        event.dataTransfer.setData(DRAGGED, column.id);
        event.dataTransfer.effectAllowed = 'move';
      }}
      onDragOver={event => {
        if (event.dataTransfer.types.includes(DRAGGED) && !isName) {
          event.preventDefault();
        }
      }}
      onDrop={event => {
        event.preventDefault();
        const id = event.dataTransfer.getData(DRAGGED);
        if (id) {
          dropColumn(model, id, column.id);
        }
      }}
      onContextMenu={event => {
        event.preventDefault();
        event.stopPropagation();
        openColumnMenu(model, column, trans, event.clientX, event.clientY);
      }}
    >
      <button
        type="button"
        className="jp-Cellruns-headButton"
        tabIndex={isName ? 0 : -1}
        title={
          column.kind === 'attribute'
            ? label
            : `${column.key} (${kindLabel(column.kind, trans)})`
        }
        onClick={event => model.sortBy(column, event.shiftKey)}
        onKeyDown={onKeyDown}
      >
        <span className="jp-Cellruns-headText">{label}</span>
        {sorted ? (
          <span aria-hidden="true" className="jp-Cellruns-sortMark">
            {sorted.descending ? '↓' : '↑'}
            {model.state.sort.length > 1 ? place + 1 : ''}
          </span>
        ) : null}
      </button>
      <span
        className="jp-Cellruns-resizer"
        aria-hidden="true"
        draggable
        onDragStart={event => {
          event.preventDefault();
          event.stopPropagation();
        }}
        onMouseDown={header?.getResizeHandler()}
        onTouchStart={header?.getResizeHandler()}
        onDoubleClick={() => {
          const widths = { ...model.state.widths };
          delete widths[column.id];
          model.update({ widths });
        }}
      />
    </span>
  );
}

const DRAGGED = 'application/x-cellruns-column';
