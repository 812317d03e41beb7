import React from 'react';

import type { IRunDetail } from '../client/tokens';
import { useView } from './context';

/** Command that opens a model of the store. */
export const OPEN_MODEL = 'cellruns:open-model';

/** A model of a run, and the URI that names it. */
export interface IRunModel {
  name: string | null;
  id: string;
  uri: string;
}

/** The models of a run: logged models of MLflow 3, and those that MLflow 2 noted in a tag of the run. */
export function modelsOf(detail: IRunDetail): IRunModel[] {
  const logged = detail.models.map(({ model_id, name }) => ({
    name,
    id: model_id,
    uri: `models:/${model_id}`
  }));
  const known = new Set(logged.map(model => model.id));
  return [...logged, ...history(detail).filter(model => !known.has(model.id))];
}

function history(detail: IRunDetail): IRunModel[] {
  try {
    const noted = JSON.parse(
      detail.tags['mlflow.log-model.history'] ?? '[]'
    ) as unknown;
    const found = new Map<string, IRunModel>();
    for (const one of Array.isArray(noted) ? (noted as unknown[]) : []) {
      const { artifact_path: path, model_uuid: id } = (one ?? {}) as Record<
        string,
        unknown
      >;
      // A path that was logged twice holds the later model.
      if (typeof path === 'string' && !/:/.test(path)) {
        found.set(path, {
          name: path,
          id: typeof id === 'string' ? id : path,
          uri: `runs:/${detail.run.run_id}/${path}`
        });
      }
    }
    return [...found.values()];
  } catch {
    return [];
  }
}

/** The models of a run, each opened by a click. */
export function Models(props: {
  models: readonly IRunModel[];
  runId: string;
  /** Id of the run's store, where it is known. */
  store: string | null;
}): JSX.Element {
  const { trans, commands } = useView();
  return (
    <ul className="jp-Cellruns-runModels" aria-label={trans.__('Models')}>
      {props.models.map(({ name, id, uri }) => (
        <li key={uri}>
          <button
            type="button"
            className="jp-Cellruns-button"
            title={trans.__('Open %1', uri)}
            disabled={!commands.hasCommand(OPEN_MODEL)}
            onClick={() =>
              void commands.execute(OPEN_MODEL, {
                uri,
                run_id: props.runId,
                store: props.store
              })
            }
          >
            {name ?? trans.__('(no name)')}
          </button>
          <code title={id}>{id}</code>
        </li>
      ))}
    </ul>
  );
}
