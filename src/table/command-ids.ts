/** Commands that work on runs: each takes `run_ids`. Some belong to other features, and may not be there. */
export namespace RunCommands {
  export const tag = 'cellruns:tag-runs';
  export const rename = 'cellruns:rename-run';
  export const note = 'cellruns:note-runs';
  export const remove = 'cellruns:delete-runs';
  export const restore = 'cellruns:restore-runs';
  export const end = 'cellruns:end-runs';
  export const copyIds = 'cellruns:copy-run-ids';
  export const openInMlflow = 'cellruns:open-in-mlflow';
  export const openNotebook = 'cellruns:open-cell-of-run';
  export const compare = 'cellruns:compare-runs';
  export const push = 'cellruns:push-runs';
}
