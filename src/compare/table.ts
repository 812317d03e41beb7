import type { IRunBrief } from '../client/tokens';
import { isSystemTag, toNumber } from './columns';
import type { IProvenance } from './provenance';

/** A row of the table: one key and what each run has of it. */
export interface ITableRow {
  readonly key: string;
  /** Text of each run; null where it has none. */
  readonly cells: readonly (string | null)[];
  /** Numbers of each run, where all are. */
  readonly numbers: readonly number[] | null;
  readonly differs: boolean;
}

/** A part of the table. */
export interface ITableSection {
  readonly id:
    | 'run'
    | 'params'
    | 'metrics'
    | 'tags'
    | 'datasets'
    | 'models'
    | 'environment'
    | 'packages'
    | 'system';
  readonly rows: readonly ITableRow[];
  /** Rows in which all runs agree, also where they are not in `rows`. */
  readonly equal: number;
}

/** How facts of a run are written. */
export interface ITexts {
  time(ms: number): string;
  span(ms: number): string;
  number(value: number): string;
}

/** What the runs are, row by row. Without provenance the parts that need it are empty. */
export function tableOf(
  runs: readonly IRunBrief[],
  provenance: ReadonlyMap<string, IProvenance>,
  texts: ITexts,
  onlyDifferences: boolean
): ITableSection[] {
  const of = (run: IRunBrief): IProvenance | undefined =>
    provenance.get(run.run.run_id);
  const sections: [ITableSection['id'], ITableRow[]][] = [
    [
      'run',
      [
        row('status', runs, run => run.run.status),
        row('started', runs, run => texts.time(run.run.start_time)),
        row('duration', runs, run =>
          run.run.end_time === null
            ? null
            : texts.span(run.run.end_time - run.run.start_time)
        ),
        row('experiment', runs, run => run.run.experiment_name),
        row('notebook', runs, run => run.run.notebook),
        row('user', runs, run => run.run.user || null),
        row('run id', runs, run => run.run.run_id)
      ]
    ],
    ['params', rows(runs, run => run.run.params)],
    [
      'metrics',
      keysOf(runs, run => run.run.metrics).map(key => {
        const numbers = runs.map(run => toNumber(run.run.metrics[key]?.value));
        return {
          key,
          numbers,
          cells: runs.map((run, i) =>
            key in run.run.metrics ? texts.number(numbers[i]) : null
          ),
          differs: new Set(numbers.map(String)).size > 1
        };
      })
    ],
    ['tags', rows(runs, run => pick(run.tags, key => !isSystemTag(key)))],
    [
      'datasets',
      rows(runs, run =>
        Object.fromEntries(
          run.datasets.map(d => [
            d.context ? `${d.name} (${d.context})` : d.name,
            `${d.digest} · ${d.source_type}`
          ])
        )
      )
    ],
    [
      'models',
      rows(runs, run =>
        Object.fromEntries(run.models.map(m => [m.name ?? '–', m.model_id]))
      )
    ],
    ['environment', rows(runs, run => of(run)?.environment ?? {})],
    ['packages', rows(runs, run => of(run)?.packages ?? {})],
    ['system', rows(runs, run => pick(run.tags, isSystemTag))]
  ];
  return sections.map(([id, all]) => ({
    id,
    rows: all.filter(one => !onlyDifferences || one.differs),
    equal: all.filter(one => !one.differs).length
  }));
}

/** How far a number lies from the baseline's, in percent; null where that says nothing. */
export function percentOf(value: number, baseline: number): number | null {
  const percent = (100 * (value - baseline)) / Math.abs(baseline);
  return Number.isFinite(percent) ? percent : null;
}

/** A difference in percent, with its sign. */
export function percentText(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return `${value > 0 ? '+' : '−'}${size.toFixed(digits)} %`;
}

/** The table as CSV (RFC 4180): a row per row, a column per run. */
export function tableCSV(
  runs: readonly IRunBrief[],
  sections: readonly ITableSection[]
): string {
  const lines = [
    ['section', 'key', ...runs.map(run => run.run.name)],
    ...sections.flatMap(section =>
      section.rows.map(one => [
        section.id,
        one.key,
        ...one.cells.map((cell, i) =>
          // A number in full, not as a reader sees it.
          one.numbers && cell !== null ? String(one.numbers[i]) : (cell ?? '')
        )
      ])
    )
  ];
  return toCSV(lines);
}

/** Lines of cells as CSV (RFC 4180). */
export function toCSV(lines: readonly (readonly string[])[]): string {
  const quote = (cell: string): string =>
    /[",\r\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell;
  return lines.map(line => line.map(quote).join(',') + '\r\n').join('');
}

function pick(
  from: Record<string, string>,
  wanted: (key: string) => boolean
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(from).filter(([key]) => wanted(key))
  );
}

function keysOf(
  runs: readonly IRunBrief[],
  of: (run: IRunBrief) => object
): string[] {
  return [...new Set(runs.flatMap(run => Object.keys(of(run))))].sort();
}

function rows(
  runs: readonly IRunBrief[],
  of: (run: IRunBrief) => Record<string, string>
): ITableRow[] {
  const records = new Map(runs.map(run => [run, of(run)]));
  return keysOf(runs, of).map(key =>
    row(key, runs, run => records.get(run)?.[key] ?? null)
  );
}

function row(
  key: string,
  runs: readonly IRunBrief[],
  of: (run: IRunBrief) => string | null
): ITableRow {
  const cells = runs.map(of);
  return { key, cells, numbers: null, differs: new Set(cells).size > 1 };
}
