import type { TranslationBundle } from '@jupyterlab/translation';

import { METRIC_KINDS, kindLabel, type IColumn } from './columns';
import { moveColumn, toggleColumn } from './column-order';
import type { TableModel } from './model';
import { SmallMenu } from './small-menu';

/** Opens the menu of a column: sort, pin, move, group, show another value of the metric, hide. */
export function openColumnMenu(
  model: TableModel,
  column: IColumn,
  trans: TranslationBundle,
  x: number,
  y: number
): void {
  const small = new SmallMenu();
  const add = (label: string, execute: () => void, isToggled?: boolean) =>
    small.add(label, execute, { isToggled });
  const { state } = model;
  const isName = column.id === 'attribute:name';
  const sorted = state.sort[0]?.column === column.id ? state.sort[0] : null;
  const sort = (descending: boolean) =>
    model.update({ sort: [{ column: column.id, descending }] });
  add(
    trans.__('Sort Ascending'),
    () => sort(false),
    sorted?.descending === false
  );
  add(
    trans.__('Sort Descending'),
    () => sort(true),
    sorted?.descending === true
  );
  if (!isName) {
    small.separator();
    const pinned = state.pinned.includes(column.id);
    add(
      trans.__('Pin'),
      () =>
        model.update({
          pinned: pinned
            ? state.pinned.filter(id => id !== column.id)
            : [...state.pinned, column.id]
        }),
      pinned
    );
    add(trans.__('Move Left'), () => moveColumn(model, column.id, -1));
    add(trans.__('Move Right'), () => moveColumn(model, column.id, 1));
    add(
      trans.__('Group by This Column'),
      () =>
        model.update({ group: state.group === column.id ? null : column.id }),
      state.group === column.id
    );
    if (METRIC_KINDS.includes(column.kind)) {
      small.separator();
      for (const kind of METRIC_KINDS) {
        const id = `${kind}:${column.key}`;
        add(
          trans.__('Show %1', kindLabel(kind, trans)),
          () => toggleColumn(model, id, column.id),
          model.chosen.includes(id)
        );
      }
    }
    small.separator();
    add(trans.__('Hide'), () => toggleColumn(model, column.id));
  }
  small.menu.open(x, y);
}
