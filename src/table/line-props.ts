import type React from 'react';

import type { TableModel } from './model';
import type { ITableRow } from './row';

/** What one line of the runs is drawn from, in the wide table and in the narrow one. */
export interface ILine {
  readonly model: TableModel;
  /** Undefined until it has been loaded. */
  readonly row: ITableRow | undefined;
  readonly index: number;
  /** Pixels from the first line. */
  readonly top: number;
  readonly active: boolean;
  readonly selected: boolean;
  readonly onFocus: (index: number) => void;
  readonly onClick: (
    event: React.MouseEvent,
    row: ITableRow,
    index: number
  ) => void;
  readonly onMenu: (x: number, y: number) => void;
}

/** Role, state and events of a line; `heads` is the number of head lines above the first. */
export function lineProps(
  line: ILine,
  heads: number
): React.HTMLAttributes<HTMLElement> {
  const { model, row, index } = line;
  const data = {
    'data-index': index,
    'data-run': row?.id,
    'data-group': row?.isGroup ?? undefined,
    'data-deleted': row?.deleted ?? undefined
  };
  return {
    ...data,
    role: 'row',
    'aria-rowindex': index + 1 + heads,
    'aria-level': (row?.depth ?? 0) + 1,
    'aria-expanded': row && row.children > 0 ? row.expanded : undefined,
    'aria-selected': line.selected,
    tabIndex: line.active ? 0 : -1,
    onFocus: () => line.onFocus(index),
    onClick: event => {
      if (row) {
        line.onClick(event, row, index);
      }
    },
    onContextMenu: event => {
      if (row && !row.isGroup) {
        event.preventDefault();
        event.stopPropagation();
        if (!model.selection.has(row.id)) {
          model.selection.set([row.id]);
        }
        line.onMenu(event.clientX, event.clientY);
      }
    }
  };
}
