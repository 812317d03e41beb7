import { parseColumn } from './columns';

/** What a table remembers for one experiment (or notebook). */
export interface ITableState {
  /** Ids of the columns in order, or null: not chosen yet. */
  readonly columns: readonly string[] | null;
  readonly widths: Readonly<Record<string, number>>;
  /** Ids of the columns that stay when the others scroll. */
  readonly pinned: readonly string[];
  readonly sort: readonly { column: string; descending: boolean }[];
  readonly group: string | null;
  /** Nested runs begin folded. */
  readonly folded: boolean;
  /** Columns whose values do not differ are hidden. */
  readonly differing: boolean;
  /** Text of the filter box. */
  readonly filter: string;
}

export const NO_STATE: ITableState = {
  columns: null,
  widths: {},
  pinned: [],
  sort: [],
  group: null,
  folded: false,
  differing: false,
  filter: ''
};

/** A state out of what was stored, which may be of another version or no state at all. */
export function readState(value: unknown): ITableState {
  if (typeof value !== 'object' || value === null) {
    return NO_STATE;
  }
  const given = value as Record<string, unknown>;
  const columns = (list: unknown): string[] =>
    Array.isArray(list)
      ? (list as unknown[]).filter(
          (id): id is string => parseColumn(id) !== null
        )
      : [];
  const sort = Array.isArray(given.sort) ? (given.sort as unknown[]) : [];
  return {
    columns: Array.isArray(given.columns) ? columns(given.columns) : null,
    widths: Object.fromEntries(
      Object.entries(
        typeof given.widths === 'object' ? (given.widths ?? {}) : {}
      ).filter(
        (entry): entry is [string, number] =>
          typeof entry[1] === 'number' && entry[1] >= 30 && entry[1] <= 2000
      )
    ),
    pinned: columns(given.pinned),
    sort: sort.flatMap(one => {
      const { column, descending } = (one ?? {}) as Record<string, unknown>;
      return parseColumn(column)
        ? [{ column: column as string, descending: descending === true }]
        : [];
    }),
    group: parseColumn(given.group)?.id ?? null,
    folded: given.folded === true,
    differing: given.differing === true,
    filter: typeof given.filter === 'string' ? given.filter : ''
  };
}

/** The next order after a click on a column's head: best first, the other way round, none. */
export function nextSort(
  sort: ITableState['sort'],
  column: string,
  first: 'ascending' | 'descending',
  add: boolean
): ITableState['sort'] {
  const known = sort.find(one => one.column === column);
  const others = add ? sort.filter(one => one.column !== column) : [];
  const begin = first === 'descending';
  if (!known) {
    return [...others, { column, descending: begin }];
  }
  return known.descending === begin
    ? [...others, { column, descending: !begin }]
    : others;
}
