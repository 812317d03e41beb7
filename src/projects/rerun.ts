import type { IRunDetail } from '../client/tokens';
import type { IRunRequest } from './tokens';

/** Tag of a run that Cellruns started: its request as JSON. */
const REQUEST_TAG = 'cellruns.project';

/** How a run of a project can be run again, or null for any other run. */
export function requestOf(
  detail: Pick<IRunDetail, 'tags' | 'params'>
): IRunRequest | null {
  const { tags, params } = detail;
  const none: IRunRequest = {
    uri: '',
    entry_point: 'main',
    parameters: {},
    version: '',
    env_manager: '',
    experiment: '',
    run_name: ''
  };
  try {
    const kept = JSON.parse(
      tags[REQUEST_TAG] ?? 'null'
    ) as Partial<IRunRequest> | null;
    if (kept && typeof kept.uri === 'string') {
      return { ...none, ...kept };
    }
  } catch {
    // A tag of somebody else; MLflow's own say enough.
  }
  if (tags['mlflow.source.type'] !== 'PROJECT' || !tags['mlflow.source.name']) {
    return null;
  }
  const uri = tags['mlflow.source.name'];
  const isGit =
    /^[a-z+]+:\/\/|^[\w.-]+@[\w.-]+:/.test(uri) && !uri.startsWith('file:///');
  return {
    ...none,
    uri,
    entry_point: tags['mlflow.project.entryPoint'] || 'main',
    version: isGit ? (tags['mlflow.source.git.commit'] ?? '') : '',
    env_manager: /^(uv|virtualenv|conda)$/.test(
      tags['mlflow.project.env'] ?? ''
    )
      ? tags['mlflow.project.env']
      : '',
    // MLflow logs a value as it stands in the shell.
    parameters: Object.fromEntries(
      Object.entries(params).map(([name, value]) => [name, unquote(value)])
    )
  };
}

/** The word that a POSIX shell makes of a text that `shlex.quote` has quoted; any other text as it is. */
export function unquote(text: string): string {
  return /^'(?:[^']|'"'"')*'$/.test(text)
    ? text.slice(1, -1).replace(/'"'"'/g, "'")
    : text;
}
