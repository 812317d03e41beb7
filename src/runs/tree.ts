import type { IRunSummary } from '../client/tokens';

/** One line of the list: a run, or a place whose run is not loaded. */
export interface IRow {
  /** Id of the run, undefined where it is not loaded. */
  readonly id: string | undefined;
  /** Place in the store's order, newest first. */
  readonly slot: number;
  /** 0 for a run that stands alone, 1 for a child of one, and so on. */
  readonly depth: number;
  /** Loaded children, shown or not. */
  readonly children: number;
  readonly expanded: boolean;
}

/**
 * The lines of a list: children under their parents where both are loaded, everything else where
 * the store has it.
 */
export function makeRows(
  slots: readonly (string | undefined)[],
  runs: ReadonlyMap<string, IRunSummary>,
  collapsed: ReadonlySet<string>
): IRow[] {
  const slotOf = new Map<string, number>();
  slots.forEach((id, slot) => {
    if (id !== undefined) {
      slotOf.set(id, slot);
    }
  });
  const children = new Map<string, string[]>();
  const parentOf = (id: string): string | null => {
    const parent = runs.get(id)?.parent ?? null;
    return parent !== null && parent !== id && slotOf.has(parent)
      ? parent
      : null;
  };
  for (const id of slotOf.keys()) {
    const parent = parentOf(id);
    if (parent !== null) {
      const siblings = children.get(parent);
      if (siblings) {
        siblings.push(id);
      } else {
        children.set(parent, [id]);
      }
    }
  }

  const rows: IRow[] = [];
  const seen = new Set<string>();
  const add = (id: string, depth: number, shown: boolean) => {
    if (seen.has(id)) {
      return;
    }
    seen.add(id);
    const below = children.get(id) ?? [];
    const expanded = below.length > 0 && !collapsed.has(id);
    if (shown) {
      rows.push({
        id,
        slot: slotOf.get(id) ?? 0,
        depth,
        children: below.length,
        expanded
      });
    }
    below.forEach(child => add(child, depth + 1, shown && expanded));
  };
  slots.forEach((id, slot) => {
    if (id === undefined) {
      rows.push({ id, slot, depth: 0, children: 0, expanded: false });
    } else if (parentOf(id) === null) {
      add(id, 0, true);
    }
  });
  // Runs whose parents run in a circle have no root above them.
  slotOf.forEach((_, id) => add(id, 0, true));
  return rows;
}
