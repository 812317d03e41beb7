import type { IRunBrief } from '../client/tokens';
import { escape } from './compose';
import type { ITableSection } from './table';

/** Most rows of the table that a notebook gets. */
const MAX_ROWS = 200;

/** Python that gives these runs as a pandas DataFrame by MLflow's own API. */
export function dataFrameCode(runs: readonly IRunBrief[]): string {
  const experiments = [...new Set(runs.map(run => run.run.experiment_id))];
  const ids = runs.map(
    run => `    "${run.run.run_id}",  # ${comment(run.run.name)}`
  );
  return [
    'import mlflow',
    '',
    'run_ids = [',
    ...ids,
    ']',
    'runs = mlflow.search_runs(',
    `    experiment_ids=${JSON.stringify(experiments)},`,
    `    filter_string="attributes.run_id IN (" + ", ".join(f"'{run_id}'" for run_id in run_ids) + ")",`,
    `    max_results=${runs.length},`,
    ').set_index("run_id").loc[run_ids]',
    'runs'
  ].join('\n');
}

/** The table as an output of a cell: HTML with a text beside it. */
export function tableOutput(
  runs: readonly IRunBrief[],
  sections: readonly ITableSection[]
): Record<string, unknown> {
  const rows = sections
    .flatMap(section =>
      section.rows.map(row => [
        `${section.id}: ${row.key}`,
        ...row.cells.map(cell => cell ?? '')
      ])
    )
    .slice(0, MAX_ROWS);
  const heads = ['', ...runs.map(run => run.run.name)];
  const html =
    '<table><thead><tr>' +
    heads.map(head => `<th>${escape(head)}</th>`).join('') +
    '</tr></thead><tbody>' +
    rows
      .map(
        ([key, ...cells]) =>
          `<tr><th>${escape(key)}</th>` +
          cells.map(cell => `<td>${escape(cell)}</td>`).join('') +
          '</tr>'
      )
      .join('') +
    '</tbody></table>';
  return output({
    'text/html': html,
    'text/plain': plainTable([heads, ...rows])
  });
}

/** A chart as an output of a cell: its specification, a picture and a text. */
export function chartOutput(
  svg: string,
  png: string,
  spec: object | null,
  text: string
): Record<string, unknown> {
  const schema = (spec as { $schema?: string } | null)?.$schema ?? '';
  const mime = schema.includes('vega-lite')
    ? 'application/vnd.vegalite.v5+json'
    : 'application/vnd.vega.v5+json';
  return output({
    ...(spec ? { [mime]: JSON.parse(JSON.stringify(spec)) as unknown } : {}),
    // JupyterLab's renderer would make this one itself, were it not there.
    ...(spec ? { 'image/png': png } : { 'image/svg+xml': svg }),
    'text/plain': text
  });
}

function output(data: Record<string, unknown>): Record<string, unknown> {
  return { output_type: 'display_data', data, metadata: {} };
}

/** Cells in columns, the first to the left. */
export function plainTable(rows: readonly (readonly string[])[]): string {
  const cut = (cell: string): string => {
    const line = cell.replace(/\s+/g, ' ');
    return line.length > 40 ? `${line.slice(0, 39)}…` : line;
  };
  const cells = rows.map(row => row.map(cut));
  const widths = (cells[0] ?? []).map((_, i) =>
    Math.max(...cells.map(row => row[i]?.length ?? 0))
  );
  return cells
    .map(row =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd()
    )
    .join('\n');
}

function comment(name: string): string {
  return name.replace(/[\r\n\u2028\u2029]/g, ' ');
}
