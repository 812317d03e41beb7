import React, {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState
} from 'react';

import { columnId, type IColumn } from './columns';
import { useSignal, useView } from './context';
import type { RunsModel } from './model';
import { RunRow } from './row';
import type { IRow } from './tree';

/** Height of a row in px, by layout; the style sheet reads the same from a variable. */
const ROW_HEIGHT = { wide: 30, narrow: 50 };
/** Rows rendered above and below what is seen. */
const OVERSCAN = 8;
/** Widths (px) of the wide layout: name at least, each column, time and duration. */
const WIDE = { from: 440, name: 170, column: 78, rest: 160 };

/** The runs as a tree grid, of which only what is seen is in the DOM. */
export function RunsList(props: {
  model: RunsModel;
  /** The run that was open before, to come back to. */
  lastRun: string | null;
  onOpen: (id: string) => void;
}): JSX.Element {
  const { model, onOpen } = props;
  const { trans } = useView();
  useSignal(model.changed);
  const viewport = useRef<HTMLDivElement>(null);
  const size = useSize(viewport);
  const wide = size.width >= WIDE.from;
  const height = wide ? ROW_HEIGHT.wide : ROW_HEIGHT.narrow;
  const rows = model.rows;
  const [scrollTop, setScrollTop] = useState(0);
  const [active, setActive] = useState(() => {
    const index = rows.findIndex(row => row.id === props.lastRun);
    return Math.max(0, index);
  });
  const current = Math.min(active, rows.length - 1);
  const first = Math.max(0, Math.floor(scrollTop / height) - OVERSCAN);
  const last = Math.min(
    rows.length - 1,
    Math.ceil((scrollTop + size.height) / height) + OVERSCAN
  );
  const columns = useColumns(
    wide ? model.columns : model.candidates,
    wide ? size.width : Infinity
  );

  useAnchor(viewport, rows, height);

  // Come back to where the opened run was.
  const mounted = useRef(false);
  useLayoutEffect(() => {
    if (!mounted.current && size.height > 0 && viewport.current) {
      mounted.current = true;
      if (props.lastRun !== null) {
        reveal(viewport.current, active, height);
        focusRow(viewport.current, active);
      }
    }
  });

  useEffect(() => {
    const slots = rows
      .slice(first, last + 1)
      .flatMap(row => (row.id === undefined ? row.slot : []));
    if (slots.length > 0) {
      model.ensure(slots[0], slots[slots.length - 1]);
    }
  }, [model, rows, first, last]);

  const move = (index: number) => {
    const target = Math.max(0, Math.min(rows.length - 1, index));
    setActive(target);
    if (viewport.current) {
      reveal(viewport.current, target, height);
      // The row may be rendered only now.
      requestAnimationFrame(
        () => viewport.current && focusRow(viewport.current, target)
      );
    }
  };

  const onKeyDown = (event: React.KeyboardEvent) => {
    const row = rows[current];
    const page = Math.max(1, Math.floor(size.height / height) - 1);
    const go: Record<string, () => void> = {
      ArrowDown: () => move(current + 1),
      ArrowUp: () => move(current - 1),
      PageDown: () => move(current + page),
      PageUp: () => move(current - page),
      Home: () => move(0),
      End: () => move(rows.length - 1),
      Enter: () => row?.id !== undefined && onOpen(row.id),
      ' ': () => row?.id !== undefined && onOpen(row.id),
      ArrowRight: () =>
        row?.id !== undefined && row.children > 0 && !row.expanded
          ? model.toggle(row.id, true)
          : row?.children && move(current + 1),
      ArrowLeft: () =>
        row?.id !== undefined && row.expanded
          ? model.toggle(row.id, false)
          : row?.depth && move(parentIndex(rows, current))
    };
    const action = go[event.key];
    if (action && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      action();
    }
  };

  const onToggle = useCallback((id: string) => model.toggle(id), [model]);
  const shown = new Set<number>();
  for (let index = first; index <= last; index++) {
    shown.add(index);
  }
  // The row that has the focus stays, wherever the list is scrolled to.
  if (current >= 0) {
    shown.add(current);
  }

  return (
    <div
      className="jp-Cellruns-list"
      data-layout={wide ? 'wide' : 'narrow'}
      style={{ ['--cellruns-columns' as string]: columns.length }}
    >
      <div
        ref={viewport}
        role="treegrid"
        className="jp-Cellruns-viewport"
        aria-label={trans.__('Runs')}
        aria-rowcount={rows.length}
        aria-busy={model.isBusy}
        onScroll={event => setScrollTop(event.currentTarget.scrollTop)}
        onKeyDown={onKeyDown}
      >
        {wide ? <Header columns={columns} /> : null}
        <div
          role="rowgroup"
          style={{ height: rows.length * height }}
          className="jp-Cellruns-rows"
        >
          {[...shown]
            .sort((a, b) => a - b)
            .map(index => {
              const row = rows[index];
              const run = row.id === undefined ? undefined : model.run(row.id);
              const top = index * height;
              return run ? (
                <RunRow
                  key={run.run_id}
                  {...{ row, run, index, top, wide, columns, onOpen, onToggle }}
                  active={index === current}
                  mostChips={model.mostChips}
                  onFocus={setActive}
                />
              ) : (
                <Placeholder
                  key={`slot-${row.slot}`}
                  index={index}
                  top={top}
                  active={index === current}
                />
              );
            })}
        </div>
      </div>
    </div>
  );
}

function Header(props: { columns: readonly IColumn[] }): JSX.Element {
  const { trans } = useView();
  return (
    <div role="rowgroup" className="jp-Cellruns-head">
      <div role="row" className="jp-Cellruns-headRow">
        <span role="columnheader">{trans.__('Run')}</span>
        {props.columns.map(column => (
          <span
            role="columnheader"
            key={columnId(column)}
            title={column.key}
            data-kind={column.kind}
          >
            {column.key}
          </span>
        ))}
        <span role="columnheader">{trans.__('Started')}</span>
        <span role="columnheader">{trans.__('Took')}</span>
      </div>
    </div>
  );
}

function Placeholder(props: {
  index: number;
  top: number;
  active: boolean;
}): JSX.Element {
  const { trans } = useView();
  return (
    <div
      role="row"
      className="jp-Cellruns-row"
      style={{ top: props.top }}
      data-index={props.index}
      aria-rowindex={props.index + 1}
      tabIndex={props.active ? 0 : -1}
    >
      <span
        role="gridcell"
        className="jp-Cellruns-bone"
        aria-label={trans.__('Loading')}
      />
    </div>
  );
}

/** As many columns as there is room for. */
function useColumns(
  columns: readonly IColumn[],
  width: number
): readonly IColumn[] {
  const room = Math.max(
    0,
    Math.floor((width - WIDE.name - WIDE.rest) / WIDE.column)
  );
  const id = columns.slice(0, room).map(columnId).join('\n');
  // The same array for the same columns, so that rows that did not change are not rendered.
  return useMemo(() => columns.slice(0, room), [id]);
}

function useSize(element: React.RefObject<HTMLElement>): {
  width: number;
  height: number;
} {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const node = element.current;
    if (!node) {
      return;
    }
    const read = () =>
      setSize({ width: node.clientWidth, height: node.clientHeight });
    read();
    const observer = new ResizeObserver(read);
    observer.observe(node);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** Keeps the first seen run where it is when runs come in above it. */
function useAnchor(
  viewport: React.RefObject<HTMLElement>,
  rows: readonly IRow[],
  height: number
): void {
  const before = useRef<{ rows: readonly IRow[]; height: number }>({
    rows,
    height
  });
  useLayoutEffect(() => {
    const node = viewport.current;
    const old = before.current;
    before.current = { rows, height };
    if (
      !node ||
      node.scrollTop <= 0 ||
      (old.rows === rows && old.height === height)
    ) {
      return;
    }
    const index = Math.floor(node.scrollTop / old.height);
    const id = old.rows[index]?.id;
    const found =
      id === undefined ? index : rows.findIndex(row => row.id === id);
    if (found >= 0 && (found !== index || old.height !== height)) {
      node.scrollTop = found * height + (node.scrollTop - index * old.height);
    }
  }, [viewport, rows, height]);
}

function reveal(viewport: HTMLElement, index: number, height: number): void {
  const top = index * height;
  const header =
    viewport.querySelector<HTMLElement>('.jp-Cellruns-head')?.offsetHeight ?? 0;
  const seen = viewport.clientHeight - header;
  if (top < viewport.scrollTop) {
    viewport.scrollTop = top;
  } else if (top + height > viewport.scrollTop + seen) {
    viewport.scrollTop = top + height - seen;
  }
}

function focusRow(viewport: HTMLElement, index: number): void {
  viewport
    .querySelector<HTMLElement>(`[role="row"][data-index="${index}"]`)
    ?.focus({ preventScroll: true });
}

function parentIndex(rows: readonly IRow[], index: number): number {
  const depth = rows[index].depth;
  let parent = index - 1;
  while (parent > 0 && rows[parent].depth >= depth) {
    parent -= 1;
  }
  return parent;
}
