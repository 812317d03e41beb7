import type { IChartOptions, IChartRun } from './data';

/** One line of a plot: a metric of a run. */
export interface ILine {
  readonly run: string;
  readonly key: string;
  /** Order of its colour. */
  readonly color: number;
  /** Solid or dashed: the role in a train and validation pair, or the metric. */
  readonly dash: number;
}

/** One plot: a set of axes and the lines on it. */
export interface IPlot {
  /** Stable over updates. */
  readonly id: string;
  readonly title: string;
  readonly keys: readonly string[];
  /** Names of the keys where there are several, shorter than the keys. */
  readonly roles: readonly string[];
  readonly lines: readonly ILine[];
  /** A system metric: of the machine, not of the model. */
  readonly system: boolean;
}

/** Metrics of the model that make no curve: not more than one point in any run, all at one step. */
export function singles(runs: readonly IChartRun[]): string[] {
  return keysOf(runs).filter(key => {
    if (isSystem(key)) {
      return false;
    }
    const steps = new Set<number>();
    return runs.every(({ series }) => {
      const found = series.get(key);
      if (found && found.steps.length > 0) {
        steps.add(found.steps[0]);
      }
      return (
        !found ||
        (found.count <= 1 && found.values.length <= 1 && steps.size <= 1)
      );
    });
  });
}

/** Arrange the curves of runs in plots, in the order the metrics were first seen. */
export function arrange(
  runs: readonly IChartRun[],
  options: Pick<IChartOptions, 'layout'>
): IPlot[] {
  const values = new Set(singles(runs));
  const keys = keysOf(runs).filter(key => !values.has(key));
  const own = keys.filter(key => !isSystem(key));
  const system = keys.filter(isSystem);
  const groups =
    options.layout === 'single' && own.length > 1 ? [own] : pairs(own);
  return [...groups, ...system.map(key => [key])].map(group =>
    plot(group, runs, options.layout === 'single')
  );
}

/** Metrics of the machine, as MLflow names them. */
export function isSystem(key: string): boolean {
  return key.startsWith('system/');
}

/** The metric without its `train_` or `val_` and which of the two it is. */
export function roleOf(key: string): { base: string; role: string | null } {
  const match =
    /^(.*\/)?(train|training|val|valid|validation|test|eval)[_/.-](.+)$/i.exec(
      key
    );
  if (!match) {
    return { base: key, role: null };
  }
  return { base: (match[1] ?? '') + match[3], role: match[2].toLowerCase() };
}

/** All metrics of runs, in the order they were first seen. */
function keysOf(runs: readonly IChartRun[]): string[] {
  return [...new Set(runs.flatMap(run => [...run.series.keys()]))];
}

function pairs(keys: readonly string[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const { base } = roleOf(key);
    groups.set(base, [...(groups.get(base) ?? []), key]);
  }
  return [...groups.values()];
}

function plot(
  keys: readonly string[],
  runs: readonly IChartRun[],
  single: boolean
): IPlot {
  const many = runs.length > 1;
  const roles = keys.map(key => roleOf(key).role ?? (single ? key : 'train'));
  const lines = runs.flatMap((run, i) =>
    keys
      .map((key, k) => ({
        run: run.run,
        key,
        color: many ? (run.order ?? i) : k,
        dash: many ? k : 0
      }))
      .filter(line => run.series.has(line.key))
  );
  const paired = keys.length > 1;
  return {
    // A pair keeps its place and its view when the second of it arrives.
    id: single && paired ? '*' : roleOf(keys[0]).base,
    title: single && paired ? '' : paired ? roleOf(keys[0]).base : keys[0],
    keys,
    roles: single && paired ? keys : paired ? distinct(roles, keys) : [''],
    lines,
    system: isSystem(keys[0])
  };
}

/** Roles where they tell the keys apart, otherwise the keys. */
function distinct(
  roles: readonly string[],
  keys: readonly string[]
): readonly string[] {
  return new Set(roles).size === keys.length ? roles : keys;
}
