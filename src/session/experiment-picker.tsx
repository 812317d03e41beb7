import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useId, useState } from 'react';

import { RunsError } from '../client/errors';
import type { IExperiment, IRunsClient, IUserSettings } from '../client/tokens';
import { experimentOptions, type IExperimentOption } from './options';

/** Finds an experiment by its name, or names a new one. A combobox with its list always open. */
export function ExperimentPicker(props: {
  client: IRunsClient;
  /** Path of the notebook. */
  notebook: string;
  /** Id of the notebook's store, whose experiments are offered. */
  store: string;
  trans: TranslationBundle;
  /** Name of the experiment that the next run goes to. */
  current: string;
  /** Name chosen for this notebook, or null: as the settings say. */
  chosen: string | null;
  settings: IUserSettings | null;
  onChoose: (name: string | null) => void;
}): JSX.Element {
  const { client, notebook, store, trans, current, chosen, onChoose } = props;
  const id = useId();
  const [experiments, setExperiments] = useState<IExperiment[] | null>(null);
  const [failure, setFailure] = useState<RunsError | null>(null);
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  useEffect(() => {
    let wanted = true;
    setExperiments(null);
    setFailure(null);
    client.experiments(notebook).then(
      found => wanted && setExperiments(found),
      reason => wanted && setFailure(RunsError.from(reason))
    );
    return () => {
      wanted = false;
    };
  }, [client, notebook, store]);

  const options = experimentOptions(experiments ?? [], text, chosen);
  const at = Math.min(active, options.length - 1);
  const choose = (option: IExperimentOption | undefined) => {
    if (option) {
      setText('');
      setActive(0);
      onChoose(option.name);
    }
  };
  const label = (option: IExperimentOption): string => {
    switch (option.kind) {
      case 'own':
        return ownLabel(props.settings, trans);
      case 'new':
        return trans.__('New experiment “%1”', option.name ?? '');
      case 'existing':
        return option.name ?? '';
    }
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const to: Record<string, number> = {
      ArrowDown: Math.min(options.length - 1, at + 1),
      ArrowUp: Math.max(0, at - 1)
    };
    if (event.key in to) {
      event.preventDefault();
      setActive(to[event.key]);
      document
        .getElementById(`${id}-${to[event.key]}`)
        ?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      choose(options[at]);
    }
  };
  return (
    <section aria-label={trans.__('Experiment')}>
      <h4>{trans.__('Experiment')}</h4>
      <p className="jp-Cellruns-menuCurrent" title={current}>
        {current || trans.__('made when the first run starts')}
      </p>
      <input
        type="text"
        role="combobox"
        className="jp-Cellruns-search"
        aria-label={trans.__('Pick another experiment, or name a new one')}
        aria-expanded="true"
        aria-autocomplete="list"
        aria-controls={`${id}-list`}
        aria-activedescendant={options.length > 0 ? `${id}-${at}` : undefined}
        placeholder={trans.__('Find or name an experiment')}
        value={text}
        onChange={event => {
          setText(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul
        id={`${id}-list`}
        role="listbox"
        className="jp-Cellruns-options"
        aria-label={trans.__('Experiments')}
      >
        {options.map((option, index) => (
          <li
            key={`${option.kind}:${option.name}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={option.chosen}
            data-active={index === at}
            title={option.name ?? undefined}
            onPointerDown={event => event.preventDefault()}
            onPointerMove={() => setActive(index)}
            onClick={() => choose(option)}
          >
            {label(option)}
          </li>
        ))}
      </ul>
      {failure ? (
        <p className="jp-Cellruns-menuError" role="alert">
          {failure.message}
        </p>
      ) : null}
    </section>
  );
}

/** What a notebook gets that has made no choice of its own. */
function ownLabel(
  settings: IUserSettings | null,
  trans: TranslationBundle
): string {
  switch (settings?.experiment_mode) {
    case 'default':
      return trans.__('Default, as the settings say');
    case 'fixed':
      return trans.__('%1, as the settings say', settings.experiment_name);
    default:
      return trans.__('This notebook’s own');
  }
}
