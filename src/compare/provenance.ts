import type { IRunsClient } from '../client/tokens';
import { countLines } from './marks';

/** Tag with the id of the run whose artifacts hold the record of this one. */
export const PROVENANCE_TAG = 'cellruns.provenance';

/** Most bytes of one file of a record (docs/provenance.md). */
const MAX_BYTES = 1_000_000;

/** A cell as it was executed. */
export interface IExecutedCell {
  readonly cellId: string | null;
  readonly count: number | null;
  readonly source: string;
}

/** What a run was made from, see docs/provenance.md. */
export interface IProvenance {
  readonly cells: readonly IExecutedCell[];
  /** Facts of the kernel's Python and of git. */
  readonly environment: Record<string, string>;
  readonly packages: Record<string, string>;
  readonly patch: string;
}

/** One cell of two runs. */
export interface ICellChange {
  readonly kind: 'changed' | 'added' | 'removed' | 'same';
  /** Prompt number of the later run's cell, or of the one that is gone. */
  readonly count: number | null;
  readonly before: string;
  readonly after: string;
}

/** Read a record; null where there is none. Rejects where the store does not answer. */
export async function fetchProvenance(
  client: IRunsClient,
  holder: string
): Promise<IProvenance | null> {
  const files = await client.artifacts(holder, 'cellruns');
  const names = new Set(files.map(file => file.path.split('/').pop()));
  const read = async (name: string): Promise<string> =>
    names.has(name)
      ? client.artifactText(holder, `cellruns/${name}`, MAX_BYTES)
      : '';
  if (names.size === 0) {
    return null;
  }
  const [cells, environment, git, patch] = await Promise.all(
    ['cells.json', 'environment.json', 'git.json', 'patch.diff'].map(read)
  );
  return readProvenance(cells, environment, git, patch);
}

/** A record out of the texts of its files; what can't be read is left out. */
export function readProvenance(
  cells: string,
  environment: string,
  git: string,
  patch: string
): IProvenance {
  const env = parse(environment);
  const repository = parse(git);
  const facts: [string, unknown][] = [
    ['python', env.python],
    ['implementation', env.implementation],
    ['executable', env.executable],
    ['platform', env.platform],
    ['git commit', repository.commit],
    ['git branch', repository.branch],
    ['git remote', repository.remote],
    [
      'git changed files',
      Array.isArray(repository.changed) && repository.changed.length > 0
        ? typeof repository.changed_total === 'number'
          ? String(repository.changed_total)
          : String(repository.changed.length)
        : undefined
    ]
  ];
  const { packages } = env;
  return {
    cells: list(parse(cells).cells).flatMap(json => {
      const cell = json as Record<string, unknown>;
      return typeof cell.source === 'string'
        ? [
            {
              cellId: typeof cell.cell_id === 'string' ? cell.cell_id : null,
              count:
                typeof cell.execution_count === 'number'
                  ? cell.execution_count
                  : null,
              source: cell.source
            }
          ]
        : [];
    }),
    environment: texts(Object.fromEntries(facts)),
    packages: texts(packages),
    patch
  };
}

/** The cells that made a run: each cell as it was executed last, in the order of those executions. */
export function lastSources(cells: readonly IExecutedCell[]): IExecutedCell[] {
  const last = new Map<string, IExecutedCell>();
  cells.forEach((cell, i) => {
    const id = cell.cellId ?? `#${i}`;
    last.delete(id);
    last.set(id, cell);
  });
  return [...last.values()];
}

/** Cells of two runs side by side: by cell id, else by equal source; in the order of the later run. */
export function compareCells(
  before: readonly IExecutedCell[],
  after: readonly IExecutedCell[]
): ICellChange[] {
  const old = lastSources(before);
  const left = new Set(old);
  const take = (cell: IExecutedCell): IExecutedCell | undefined => {
    const found =
      [...left].find(
        one => cell.cellId !== null && one.cellId === cell.cellId
      ) ??
      // A cell that was copied, or a console's, has no id in common.
      [...left].find(
        one =>
          one.source === cell.source &&
          (one.cellId === null ||
            !after.some(other => other.cellId === one.cellId))
      );
    if (found) {
      left.delete(found);
    }
    return found;
  };
  const changes = lastSources(after).map((cell): ICellChange => {
    const found = take(cell);
    return {
      kind: !found
        ? 'added'
        : found.source === cell.source
          ? 'same'
          : 'changed',
      count: cell.count,
      before: found?.source ?? '',
      after: cell.source
    };
  });
  for (const cell of left) {
    changes.push({
      kind: 'removed',
      count: cell.count,
      before: cell.source,
      after: ''
    });
  }
  return changes;
}

/** Lines of code that differ between two runs, over all cells. */
export function changedLines(changes: readonly ICellChange[]): {
  added: number;
  removed: number;
} {
  return changes.reduce(
    (sum, change) => {
      const { added, removed } = countLines(change.before, change.after);
      return { added: sum.added + added, removed: sum.removed + removed };
    },
    { added: 0, removed: 0 }
  );
}

function parse(text: string): Record<string, unknown> {
  try {
    const json = JSON.parse(text) as unknown;
    return typeof json === 'object' && json !== null
      ? (json as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

function list(json: unknown): readonly unknown[] {
  return Array.isArray(json)
    ? json.filter(one => typeof one === 'object' && one !== null)
    : [];
}

function texts(json: unknown): Record<string, string> {
  return typeof json === 'object' && json !== null
    ? Object.fromEntries(
        Object.entries(json)
          .filter(([, value]) => typeof value === 'string' && value)
          .map(([key, value]) => [key, value as string])
      )
    : {};
}
