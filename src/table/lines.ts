import {
  useVirtualizer,
  type Virtualizer,
  type VirtualItem
} from '@tanstack/react-virtual';
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
  type RefObject
} from 'react';

import type { TableModel } from './model';
import type { ITableRow } from './row';

/** Lines rendered above and below what is seen. */
const OVERSCAN = 6;

/** What the lines of both layouts share: which are rendered, which has the focus, what keys do. */
export interface ILines {
  virtualizer: Virtualizer<HTMLDivElement, Element>;
  items: VirtualItem[];
  /** Line that has the focus, or would have it. */
  current: number;
  setCurrent: (index: number) => void;
  onKeyDown: (event: KeyboardEvent) => void;
  onClick: (event: MouseEvent, row: ITableRow, index: number) => void;
}

/** What a line does when it is opened, and where its menu opens. */
export interface ILineActions {
  open: (row: ITableRow) => void;
  menu: (x: number, y: number) => void;
  remove: () => void;
  rename: () => void;
}

/** Renders the lines of a model that are in view of a scrolling element, each of the same height. */
export function useLines(options: {
  model: TableModel;
  viewport: RefObject<HTMLDivElement>;
  height: number;
  /** Height of what sticks to the top. */
  header: number;
  actions: ILineActions;
  /** A run to begin at. */
  start: string | null;
}): ILines {
  const { model, viewport, height, header, actions } = options;
  const [current, setCurrent] = useState(0);
  const total = model.total;
  const virtualizer = useVirtualizer<HTMLDivElement, Element>({
    count: total,
    getScrollElement: () => viewport.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    paddingStart: header,
    scrollPaddingStart: header,
    // React batches what a scroll event asks for; a synchronous render would make long tasks of it.
    useFlushSync: false,
    // Lines that are missing are asked for before anything is drawn.
    onChange: ({ range }) => {
      if (range) {
        model.look(range.startIndex - OVERSCAN, range.endIndex + OVERSCAN);
      }
    }
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, height]);
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items[items.length - 1]?.index ?? 0;
  useEffect(() => model.look(first, last), [model, first, last, total]);

  // The line that shall have the focus may be rendered, and then loaded, only later.
  const wanted = useRef<number | null>(null);
  useEffect(() => {
    const move = (place: (index: number) => number) =>
      setCurrent(index => {
        const next = place(index);
        const focused = document.activeElement;
        if (
          focused === viewport.current ||
          (viewport.current?.contains(focused) &&
            focused?.matches('[data-index]'))
        ) {
          wanted.current = next;
        }
        return next;
      });
    const shift = (_: unknown, by: number) => {
      const node = viewport.current;
      if (node && node.scrollTop > 0) {
        node.scrollTop += by * height;
      }
      move(index => Math.max(0, index + by));
    };
    const restart = () => {
      viewport.current?.scrollTo({ top: 0 });
      move(() => 0);
    };
    model.shifted.connect(shift);
    model.restarted.connect(restart);
    return () => {
      model.shifted.disconnect(shift);
      model.restarted.disconnect(restart);
    };
  }, [model, viewport, height]);

  useEffect(() => {
    if (wanted.current !== null) {
      const node = viewport.current?.querySelector<HTMLElement>(
        `[data-index="${wanted.current}"]`
      );
      if (node) {
        node.focus({ preventScroll: true });
        if (model.row(wanted.current)) {
          wanted.current = null;
        }
      } else if (
        document.activeElement !== document.body &&
        !viewport.current?.contains(document.activeElement)
      ) {
        // The user has gone elsewhere.
        wanted.current = null;
      }
    }
  });
  const focus = useCallback(
    (index: number) => {
      virtualizer.scrollToIndex(index, { align: 'auto' });
      setCurrent(index);
      wanted.current = index;
    },
    [virtualizer, viewport]
  );

  // Come back to where the opened run was.
  const start = useRef(options.start);
  useEffect(() => {
    const id = start.current;
    start.current = null;
    if (id !== null) {
      void model.find(id).then(index => index >= 0 && focus(index));
    }
  }, [model, focus]);

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    // The focus is on a line, or waits for one that was scrolled out of view.
    if (!target.matches('[data-index]') && target !== event.currentTarget) {
      return;
    }
    const row = model.row(current);
    const page = Math.max(
      1,
      Math.floor(((viewport.current?.clientHeight ?? 0) - header) / height) - 1
    );
    const { selection } = model;
    const to = (index: number) => {
      const place = Math.max(0, Math.min(total - 1, index));
      if (event.shiftKey && row && place !== current) {
        if (selection.size === 0 && !row.isGroup) {
          selection.toggle(row.id, current);
        }
        void selection.extend(place);
      }
      focus(place);
    };
    const select = () => {
      if (row?.isGroup) {
        void selection.toggleLine(current);
      } else if (row) {
        selection.toggle(row.id, current);
      }
    };
    const open = () =>
      row && (row.isGroup ? model.toggle(row) : actions.open(row));
    const menu = () => {
      if (row && !row.isGroup && !selection.has(row.id)) {
        selection.set([row.id]);
      }
      const box = target.getBoundingClientRect();
      actions.menu(box.left + 24, box.bottom);
    };
    const plain: Record<string, (() => unknown) | undefined> = {
      ArrowDown: () => to(current + 1),
      ArrowUp: () => to(current - 1),
      PageDown: () => to(current + page),
      PageUp: () => to(current - page),
      Home: () => to(0),
      End: () => to(total - 1),
      Enter: open,
      ' ': select,
      ContextMenu: menu,
      F2: () => {
        if (row && !row.isGroup) {
          selection.set([row.id]);
          actions.rename();
        }
      },
      Delete: () => {
        if (selection.size === 0 && row && !row.isGroup) {
          selection.set([row.id]);
        }
        actions.remove();
      },
      Escape: selection.size > 0 ? () => selection.clear() : undefined,
      ArrowRight: () =>
        row && row.children > 0 && !row.expanded
          ? model.toggle(row)
          : row?.children && to(current + 1),
      ArrowLeft: () =>
        row?.expanded
          ? model.toggle(row)
          : row?.depth && focus(above(model, current, row.depth))
    };
    const modified: Record<string, (() => unknown) | undefined> = {
      a: () => void selection.all(total)
    };
    const action =
      event.ctrlKey || event.metaKey
        ? modified[event.key]
        : event.shiftKey && event.key === 'F10'
          ? menu
          : event.altKey
            ? undefined
            : plain[event.key];
    if (action) {
      event.preventDefault();
      event.stopPropagation();
      action();
    }
  };

  const onClick = (event: MouseEvent, row: ITableRow, index: number) => {
    setCurrent(index);
    if (event.shiftKey) {
      void model.selection.extend(index);
    } else if (event.ctrlKey || event.metaKey) {
      if (row.isGroup) {
        void model.selection.toggleLine(index);
      } else {
        model.selection.toggle(row.id, index);
      }
    } else if (row.isGroup) {
      model.toggle(row);
    } else {
      actions.open(row);
    }
  };

  return {
    virtualizer,
    items,
    current: Math.min(current, Math.max(0, total - 1)),
    setCurrent,
    onKeyDown,
    onClick
  };
}

/** The loaded line above that is less deep: a nested run's parent, a run's group. */
function above(model: TableModel, index: number, depth: number): number {
  let place = index - 1;
  while (place > 0 && (model.row(place)?.depth ?? 0) >= depth) {
    place -= 1;
  }
  return place;
}
