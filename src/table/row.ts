import type {
  ITableAnswer,
  ITableRows,
  RunStatus,
  TableCell
} from '../client/tokens';

/** One line of the table: a run, or a group of runs. */
export interface ITableRow {
  readonly id: string;
  readonly isGroup: boolean;
  /** Value that the runs of a group share, null where they have none. */
  readonly group: string | number | null;
  readonly depth: number;
  /** Runs right below. */
  readonly children: number;
  readonly expanded: boolean;
  readonly name: string;
  readonly status: RunStatus;
  readonly startTime: number;
  readonly endTime: number | null;
  readonly experiment: string;
  readonly deleted: boolean;
  readonly notebook: string | null;
  readonly cell: string | null;
  readonly executionCount: number | null;
  readonly cells: ReadonlyMap<string, TableCell>;
}

/** The lines of an answer, row by row. */
export function rowsOf(answer: ITableAnswer): ITableRow[] {
  return answer.rows.id.map((_, index) => rowOf(answer, index));
}

function rowOf(answer: ITableAnswer, index: number): ITableRow {
  const rows: ITableRows = answer.rows;
  const cells = new Map<string, TableCell>();
  for (const column of answer.columns) {
    const cell = answer.cells[column][index];
    if (cell !== null && cell !== undefined) {
      cells.set(column, cell);
    }
  }
  const id = rows.id[index];
  return {
    id,
    isGroup: id.startsWith('group:'),
    group: rows.group[index],
    depth: rows.depth[index],
    children: rows.children[index],
    expanded: rows.expanded[index],
    name: rows.name[index] ?? id,
    status: rows.status[index] ?? 'FINISHED',
    startTime: rows.start_time[index] ?? 0,
    endTime: rows.end_time[index],
    experiment: rows.experiment_id[index] ?? '',
    deleted: rows.lifecycle_stage[index] === 'deleted',
    notebook: rows.notebook[index],
    cell: rows.cell_id[index],
    executionCount: rows.execution_count[index],
    cells
  };
}

/** Whether two rows would look the same. */
export function sameRow(a: ITableRow, b: ITableRow): boolean {
  return (
    a.id === b.id &&
    a.depth === b.depth &&
    a.children === b.children &&
    a.expanded === b.expanded &&
    a.name === b.name &&
    a.status === b.status &&
    a.endTime === b.endTime &&
    a.deleted === b.deleted &&
    a.cells.size === b.cells.size &&
    [...a.cells].every(([column, cell]) => sameCell(cell, b.cells.get(column)))
  );
}

function sameCell(a: TableCell, b: TableCell | undefined): boolean {
  return (
    a === b ||
    (typeof a === 'object' &&
      typeof b === 'object' &&
      JSON.stringify(a) === JSON.stringify(b))
  );
}

/** The lines that are loaded: some pages around what is seen, never the whole history. */
export class RowWindow {
  constructor(private _most = 600) {}

  total = 0;

  get(index: number): ITableRow | undefined {
    return this._rows.get(index);
  }

  /** Place of a loaded line, or -1. */
  indexOf(id: string): number {
    for (const [index, row] of this._rows) {
      if (row.id === id) {
        return index;
      }
    }
    return -1;
  }

  clear(): void {
    this._rows.clear();
  }

  /** Put rows at a place. A row that looks as before stays the same object, so that it is not drawn again. */
  put(offset: number, rows: readonly ITableRow[], total: number): void {
    this.total = total;
    rows.forEach((row, place) => {
      const index = offset + place;
      const known = this._rows.get(index);
      this._rows.delete(index);
      this._rows.set(index, known && sameRow(known, row) ? known : row);
    });
    for (const index of this._rows.keys()) {
      if (index >= total) {
        this._rows.delete(index);
      }
    }
    // The oldest go first: a Map keeps the order in which entries came.
    for (const index of this._rows.keys()) {
      if (this._rows.size <= this._most) {
        break;
      }
      this._rows.delete(index);
    }
  }

  /** Only these lines are still right. */
  keep(first: number, last: number): void {
    for (const index of this._rows.keys()) {
      if (index < first || index > last) {
        this._rows.delete(index);
      }
    }
  }

  /** First and last line of a range that is not loaded, or null where all are. */
  missing(first: number, last: number): [number, number] | null {
    let from = -1;
    let to = -1;
    for (let i = Math.max(0, first); i <= Math.min(last, this.total - 1); i++) {
      if (!this._rows.has(i)) {
        from = from < 0 ? i : from;
        to = i;
      }
    }
    return from < 0 ? null : [from, to];
  }

  get loaded(): Iterable<ITableRow> {
    return this._rows.values();
  }

  private _rows = new Map<number, ITableRow>();
}
