/** Where a run's record of executed cells lies (docs/provenance.md). */
export const CELLS_ARTIFACT = 'cellruns/cells.json';
/** Tag with the id of the run whose artifacts hold the record. */
export const PROVENANCE_TAG = 'cellruns.provenance';

/** A cell as it was executed. */
export interface IExecutedCell {
  readonly source: string;
  readonly executionCount: number | null;
  readonly truncated: boolean;
}

/** The last execution of a cell in a record of executed cells, or null where the record has none of it. */
export function executedCell(
  record: string,
  cellId: string,
  executionCount: number | null
): IExecutedCell | null {
  let cells: unknown;
  try {
    cells = (JSON.parse(record) as { cells?: unknown }).cells;
  } catch {
    return null;
  }
  const found = (Array.isArray(cells) ? (cells as unknown[]) : [])
    .filter(
      (cell): cell is Record<string, unknown> =>
        typeof cell === 'object' && cell !== null
    )
    .filter(cell => cell.cell_id === cellId)
    .map(cell => ({
      source: typeof cell.source === 'string' ? cell.source : '',
      executionCount:
        typeof cell.execution_count === 'number' ? cell.execution_count : null,
      truncated: cell.truncated === true
    }));
  return (
    found.find(cell => cell.executionCount === executionCount) ??
    found[found.length - 1] ??
    null
  );
}
