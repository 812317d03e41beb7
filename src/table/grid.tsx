import {
  getCoreRowModel,
  useReactTable,
  type Column,
  type ColumnDef,
  type ColumnSizingState,
  type Table
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import React, {
  memo,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef
} from 'react';

import { useSignal, useView } from '../runs/context';
import { CellValue, cellText, withLive } from './cell';
import {
  columnLabel,
  defaultWidth,
  isNumeric,
  parseColumn,
  type IColumn
} from './columns';
import { HeadCell } from './head-cell';
import { lineProps, type ILine } from './line-props';
import { useLines, type ILineActions } from './lines';
import type { TableModel } from './model';
import { NameCell } from './name-cell';
import type { ITableRow } from './row';

/** Rows of the DOM come in dozens. */
const SLOTS = 12;
const ROW_HEIGHT = 28;
const HEAD_HEIGHT = 30;
const NAME: IColumn = { id: 'attribute:name', kind: 'attribute', key: 'name' };
const NAME_WIDTH = 220;

/** Columns of the grid, in the order they are drawn: pinned ones, then those that scroll and are in view. */
interface IShown {
  readonly column: IColumn;
  readonly index: number;
  readonly left: number;
  readonly width: number;
  readonly pinned: boolean;
}

/** The table where there is room: only lines and columns in view are in the DOM. */
export function TableGrid(props: {
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
    header: HEAD_HEIGHT,
    actions,
    start: props.start
  });
  const table = useColumns(model);
  const { shown, width } = useShown(table, viewport);
  const label = trans.__('Runs');
  // A line that scrolls out of view gives its row of the DOM to one that comes into view.
  const slots = useRef(SLOTS);
  slots.current = Math.max(
    slots.current,
    Math.ceil(lines.items.length / SLOTS) * SLOTS
  );
  return (
    <div
      ref={viewport}
      role="treegrid"
      className="jp-Cellruns-runsGrid"
      aria-label={label}
      aria-rowcount={model.total + 1}
      aria-colcount={table.getAllLeafColumns().length}
      aria-multiselectable="true"
      aria-busy={model.isBusy}
      tabIndex={-1}
      onKeyDown={lines.onKeyDown}
      onMouseOver={event => tell(event, model)}
    >
      <div
        role="rowgroup"
        className="jp-Cellruns-gridHead"
        style={{ width, height: HEAD_HEIGHT }}
      >
        <div role="row" aria-rowindex={1} className="jp-Cellruns-gridHeadRow">
          {shown.map(one => (
            <HeadCell
              key={one.column.id}
              model={model}
              table={table}
              {...one}
            />
          ))}
        </div>
      </div>
      <div
        role="rowgroup"
        className="jp-Cellruns-gridBody"
        style={{
          width,
          height: lines.virtualizer.getTotalSize() - HEAD_HEIGHT
        }}
      >
        {lines.items.map(item => {
          const row = model.row(item.index);
          const live =
            row?.status === 'RUNNING' ? model.live?.run(row.id) : undefined;
          return (
            <GridRow
              key={item.index % slots.current}
              model={model}
              row={row && withLive(row, live)}
              index={item.index}
              top={item.start - HEAD_HEIGHT}
              shown={shown}
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
  );
}

const GridRow = memo(
  (
    props: ILine & {
      shown: readonly IShown[];
    }
  ): JSX.Element => {
    const { model, row, index, shown, selected } = props;
    const { trans } = useView();
    const node = useRef<HTMLDivElement>(null);
    useLayoutEffect(() => {
      // The focus stays with the line it was on, which is not in view any more.
      if (node.current && node.current === document.activeElement) {
        node.current
          .closest<HTMLElement>('[role="treegrid"]')
          ?.focus({ preventScroll: true });
      }
    }, [index]);
    // Until the line is there its row keeps the cells of another, unseen: new ones would cost the most of a scroll.
    const before = useRef(row);
    before.current = row ?? before.current;
    const drawn = before.current;
    return (
      <div
        ref={node}
        className="jp-Cellruns-gridRow"
        style={{
          transform: `translateY(${props.top}px)`,
          height: ROW_HEIGHT,
          ['--cellruns-depth' as string]: Math.min(row?.depth ?? 0, 6)
        }}
        {...lineProps(props, 1)}
        data-loading={row === undefined}
      >
        {row === undefined ? (
          <span
            className="jp-Cellruns-bone"
            role="gridcell"
            aria-label={trans.__('Loading')}
          />
        ) : null}
        {drawn === undefined
          ? null
          : shown.map(one => (
              <span
                key={one.column.id}
                role="gridcell"
                className={
                  one.column === NAME
                    ? 'jp-Cellruns-gridCell jp-Cellruns-nameCell'
                    : 'jp-Cellruns-gridCell'
                }
                aria-colindex={one.index + 1}
                data-column={one.column.id}
                data-numeric={isNumeric(one.column)}
                data-pinned={one.pinned}
                style={
                  one.pinned
                    ? { position: 'sticky', left: one.left, width: one.width }
                    : { position: 'absolute', left: one.left, width: one.width }
                }
              >
                {one.column === NAME ? (
                  <NameCell row={drawn} {...{ index, model, selected }} />
                ) : (
                  <CellValue row={drawn} column={one.column} />
                )}
              </span>
            ))}
      </div>
    );
  },
  (a, b) =>
    a.row === b.row &&
    a.index === b.index &&
    a.top === b.top &&
    a.shown === b.shown &&
    a.active === b.active &&
    a.selected === b.selected
);

/** Give the cell under the pointer its whole text as a title; for all cells at once that would cost a scroll. */
function tell(event: React.MouseEvent, model: TableModel): void {
  const cell = (event.target as Element).closest<HTMLElement>('[data-column]');
  const line = cell?.closest<HTMLElement>('[data-index]');
  const column = parseColumn(cell?.dataset.column ?? '');
  if (!cell || !line || !column || column.id === NAME.id) {
    return;
  }
  const row = model.row(Number(line.dataset.index));
  cell.title = (row && cellText(row, column)) ?? '';
}

/** The columns as TanStack Table keeps them: order, widths and what is pinned come from the model. */
function useColumns(model: TableModel): Table<ITableRow> {
  const { trans } = useView();
  const columns = model.columns;
  const { widths, pinned, group } = model.state;
  const grouped = group !== null;
  const defs = useMemo<ColumnDef<ITableRow>[]>(
    () =>
      [NAME, ...columns.filter(column => column.id !== NAME.id)].map(
        column => ({
          id: column.id,
          header: columnLabel(column, trans),
          size: column === NAME ? NAME_WIDTH : defaultWidth(column, grouped),
          minSize: column === NAME ? 120 : 44,
          maxSize: 1200,
          meta: column
        })
      ),
    [columns, trans, grouped]
  );
  return useReactTable<ITableRow>({
    data: NO_ROWS,
    columns: defs,
    getCoreRowModel: getCoreRowModel(),
    columnResizeMode: 'onChange',
    state: {
      columnSizing: widths,
      columnPinning: { left: [NAME.id, ...pinned] }
    },
    onColumnSizingChange: change => {
      const before: ColumnSizingState = { ...model.state.widths };
      model.update({
        widths: typeof change === 'function' ? change(before) : change
      });
    }
  });
}

const NO_ROWS: ITableRow[] = [];

function useShown(
  table: Table<ITableRow>,
  viewport: React.RefObject<HTMLDivElement>
): { shown: IShown[]; width: number } {
  const left = table.getLeftVisibleLeafColumns();
  const center = table.getCenterVisibleLeafColumns();
  const leftWidth = table.getLeftTotalSize();
  const sizes = center.map(column => column.getSize()).join();
  const virtualizer = useVirtualizer<HTMLDivElement, Element>({
    horizontal: true,
    count: center.length,
    getScrollElement: () => viewport.current,
    estimateSize: index => center[index]?.getSize() ?? 0,
    overscan: 2,
    paddingStart: leftWidth,
    scrollPaddingStart: leftWidth,
    useFlushSync: false
  });
  useEffect(() => virtualizer.measure(), [virtualizer, sizes, leftWidth]);
  const items = virtualizer.getVirtualItems();
  const place = (column: Column<ITableRow>): IColumn =>
    column.id === NAME.id ? NAME : (parseColumn(column.id) ?? NAME);
  const key = `${left.map(one => `${one.id}=${one.getSize()}`).join()}|${sizes}|${items[0]?.index}-${items[items.length - 1]?.index}|${center.map(one => one.id).join()}`;
  // The same array while nothing about the columns has changed, so that rows are not drawn again.
  const shown = useMemo<IShown[]>(() => {
    let start = 0;
    const found: IShown[] = left.map((column, index) => {
      const width = column.getSize();
      start += width;
      return {
        column: place(column),
        index,
        left: start - width,
        width,
        pinned: true
      };
    });
    for (const item of items) {
      const column = center[item.index];
      if (column) {
        found.push({
          column: place(column),
          index: left.length + item.index,
          left: item.start,
          width: column.getSize(),
          pinned: false
        });
      }
    }
    return found;
    // `key` says all that counts.
  }, [key]);
  return { shown, width: virtualizer.getTotalSize() };
}
