import type { TableModel } from './model';

/** Move a column one place to the left or to the right. */
export function moveColumn(model: TableModel, id: string, by: number): void {
  const order = model.columns.map(column => column.id);
  const from = order.indexOf(id);
  const target = order[from + by];
  if (target !== undefined) {
    dropColumn(model, id, target);
  }
}

/** Put a column where another one is. */
export function dropColumn(
  model: TableModel,
  id: string,
  target: string
): void {
  const order = [...model.chosen];
  const from = order.indexOf(id);
  const to = order.indexOf(target);
  if (from >= 0 && to >= 0 && from !== to) {
    order.splice(from, 1);
    order.splice(to, 0, id);
    const pinned = new Set(model.state.pinned);
    model.update({
      columns: order,
      pinned: order.filter(one => pinned.has(one))
    });
  }
}

/** Show a column (behind another one, or last), or hide it. */
export function toggleColumn(
  model: TableModel,
  id: string,
  behind?: string
): void {
  const columns = [...model.chosen];
  const place = columns.indexOf(id);
  if (place >= 0) {
    columns.splice(place, 1);
  } else {
    const after = behind === undefined ? -1 : columns.indexOf(behind);
    columns.splice(after < 0 ? columns.length : after + 1, 0, id);
  }
  model.update({
    columns,
    pinned: model.state.pinned.filter(one => columns.includes(one))
  });
}
