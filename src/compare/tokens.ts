/** Commands of comparisons. */
export namespace CommandIDs {
  /** Opens a comparison of the runs in `run_ids`. */
  export const compareRuns = 'cellruns:compare-runs';
  /** Saves the comparison in use as a file. */
  export const saveComparison = 'cellruns:save-comparison';
}

/** What a comparison needs of the application around it. */
export interface ICompareHost {
  /** Puts a cell with outputs under the active cell of the notebook in use; null where there are no notebooks. */
  insert:
    | ((
        source: string,
        outputs: readonly Record<string, unknown>[]
      ) => Promise<boolean>)
    | null;
  /** Opens a run in the runs panel. */
  openRun(runId: string): void;
  /** Saves the comparison as a file; null where it is one. */
  save: (() => Promise<void>) | null;
  /** Hands a file over to the reader. */
  download(name: string, content: Blob): void;
}
