import type { IExperiment } from '../client/tokens';

/** One entry of the list that picks an experiment. */
export interface IExperimentOption {
  kind: 'own' | 'existing' | 'new';
  /** Name to bind the notebook to, or null: as the settings say. */
  name: string | null;
  /** This is what is bound now. */
  chosen: boolean;
}

/** Experiments listed at once; the search narrows longer lists. */
const MOST_OPTIONS = 100;

/** Entries for a search text: what the settings say, experiments that match, and a new one. */
export function experimentOptions(
  experiments: readonly IExperiment[],
  text: string,
  chosen: string | null
): IExperimentOption[] {
  const wanted = text.trim();
  const folded = wanted.toLowerCase();
  const active = experiments.filter(
    experiment => experiment.lifecycle_stage !== 'deleted'
  );
  const existing = active
    .filter(experiment => experiment.name.toLowerCase().includes(folded))
    .slice(0, MOST_OPTIONS)
    .map<IExperimentOption>(({ name }) => ({
      kind: 'existing',
      name,
      chosen: name === chosen
    }));
  const own: IExperimentOption[] = wanted
    ? []
    : [{ kind: 'own', name: null, chosen: chosen === null }];
  const isNew =
    wanted !== '' &&
    !experiments.some(experiment => experiment.name === wanted);
  const created: IExperimentOption[] = isNew
    ? [{ kind: 'new', name: wanted, chosen: wanted === chosen }]
    : [];
  return [...own, ...existing, ...created];
}
