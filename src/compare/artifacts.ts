import type { IArtifact, IRunsClient } from '../client/tokens';
import { previewKind, type PreviewKind } from '../runs/preview';

/** Folders below the first that are looked into. */
const DEPTH = 3;

/** Folders of a run that are listed. */
const MAX_FOLDERS = 60;

/** An artifact that runs have, at one step or at several. */
export interface IArtifactSeries {
  /** Path with the step left out. */
  readonly name: string;
  readonly kind: PreviewKind;
  /** Path by run and step; step 0 where there is none. */
  readonly paths: ReadonlyMap<string, ReadonlyMap<number, string>>;
  /** Steps that any run has, ascending. */
  readonly steps: readonly number[];
}

/**
 * The step that a path tells of, and the path without it.
 *
 * #### Notes
 * MLflow's `log_image(key=, step=)` writes `images/<key>%step%<n>%timestamp%<ms>%<uuid>.png`
 * (mlflow/tracking/client.py, in older ones with `+` for `%`); others write `name_step_10.png`,
 * `epoch-3/plot.png` or `samples_000200.png`.
 */
export function stepOf(path: string): { name: string; step: number } | null {
  const mlflow =
    /^(.*?)[%+]step[%+](-?\d+)[%+]timestamp[%+]\d+[%+][^./]+(\.[^/]+)$/.exec(
      path
    );
  if (mlflow) {
    return { name: mlflow[1] + mlflow[3], step: Number(mlflow[2]) };
  }
  const word = /^(.*?)(step|epoch|iter|iteration)([-_=]?)(\d+)(.*)$/i.exec(
    path
  );
  if (word) {
    return {
      name: `${word[1]}${word[2]}${word[3]}*${word[5]}`,
      step: Number(word[4])
    };
  }
  const digits = /^(.*[-_])(\d{2,})(\.[^/.]+)$/.exec(path);
  return digits
    ? { name: `${digits[1]}*${digits[3]}`, step: Number(digits[2]) }
    : null;
}

/** Artifacts that can be shown side by side: pictures first, then tables, then texts. */
export function seriesOfArtifacts(
  files: ReadonlyMap<string, readonly IArtifact[]>
): IArtifactSeries[] {
  const found = new Map<string, Map<string, Map<number, string>>>();
  for (const [run, list] of files) {
    for (const { path, is_dir } of list) {
      // Half a megabyte of thumbnails says nothing new.
      if (
        is_dir ||
        previewKind(path) === 'none' ||
        /[%+]compressed\.webp$/.test(path)
      ) {
        continue;
      }
      const { name, step } = stepOf(path) ?? { name: path, step: 0 };
      const runs = found.get(name) ?? new Map<string, Map<number, string>>();
      found.set(name, runs);
      const steps = runs.get(run) ?? new Map<number, string>();
      runs.set(run, steps);
      steps.set(step, path);
    }
  }
  const rank: Record<PreviewKind, number> = {
    image: 0,
    table: 1,
    json: 2,
    text: 3,
    none: 4
  };
  return [...found]
    .map(([name, paths]) => {
      const steps = [...paths.values()].flatMap(one => [...one.keys()]);
      return {
        name,
        paths,
        kind: previewKind([...[...paths.values()][0].values()][0]),
        steps: [...new Set(steps)].sort((a, b) => a - b)
      };
    })
    .sort((a, b) => rank[a.kind] - rank[b.kind] || (a.name < b.name ? -1 : 1));
}

/** The path of a run at a step, or at the last one before it. */
export function pathAt(
  paths: ReadonlyMap<number, string> | undefined,
  step: number
): { path: string; step: number } | null {
  let best: { path: string; step: number } | null = null;
  for (const [at, path] of paths ?? []) {
    if (at <= step && (!best || at > best.step)) {
      best = { path, step: at };
    }
  }
  return best;
}

/** All files of a run, but those of models and of Cellruns itself. */
export async function listArtifacts(
  client: IRunsClient,
  run: string
): Promise<IArtifact[]> {
  const files: IArtifact[] = [];
  let folders = [''];
  let listed = 0;
  for (let depth = 0; depth <= DEPTH && folders.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of folders) {
      if (++listed > MAX_FOLDERS) {
        break;
      }
      const found = await client.artifacts(run, folder);
      if (found.some(file => file.path.split('/').pop() === 'MLmodel')) {
        continue;
      }
      for (const file of found) {
        if (!file.is_dir) {
          files.push(file);
        } else if (file.path !== 'cellruns') {
          next.push(file.path);
        }
      }
    }
    folders = next;
  }
  return files;
}

/** Rows of MLflow's `log_table` JSON (`{columns, data}`), the header first; null where it is something else. */
export function tableOfJSON(text: string, limit = 200): string[][] | null {
  try {
    const json = JSON.parse(text) as { columns?: unknown; data?: unknown };
    if (!Array.isArray(json.columns) || !Array.isArray(json.data)) {
      return null;
    }
    const cell = (value: unknown): string =>
      typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    return [
      json.columns.map(cell),
      ...json.data
        .slice(0, limit)
        .map(row => (Array.isArray(row) ? row.map(cell) : [cell(row)]))
    ];
  } catch {
    return null;
  }
}
