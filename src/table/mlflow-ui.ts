/** The page of MLflow's own UI that shows a run, or compares several (its routes: mlflow/server/js/src/experiment-tracking/routes.ts). */
export function mlflowPage(
  server: string,
  runs: readonly { run_id: string; experiment_id: string }[]
): string {
  const base = server.replace(/\/+$/, '');
  if (runs.length === 0) {
    return base;
  }
  if (runs.length === 1) {
    const [{ run_id, experiment_id }] = runs;
    return `${base}/#/experiments/${encodeURIComponent(experiment_id)}/runs/${encodeURIComponent(run_id)}`;
  }
  const list = (values: readonly string[]) =>
    encodeURIComponent(JSON.stringify(values));
  const experiments = [...new Set(runs.map(run => run.experiment_id))];
  return `${base}/#/compare-runs?runs=${list(runs.map(run => run.run_id))}&experiments=${list(experiments)}`;
}

/** The command that starts MLflow's UI on a database file; its artifacts lie beside it. */
export function localCommand(database: string): string {
  const folder = database.replace(/[^/\\]*$/, '');
  const quote = (text: string) => `"${text.replace(/(["\\$`])/g, '\\$1')}"`;
  return `mlflow ui --backend-store-uri ${quote(`sqlite:///${database}`)} --artifacts-destination ${quote(`${folder}mlartifacts`)}`;
}
