import { closeIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useRef, useState } from 'react';

import type { IExperiment, IRunsClient } from '../client/tokens';
import { IconButton, useView } from '../runs/context';
import type { IScopeChoice } from './scope';

/** Whose runs: of the notebook in front, or of one, several or all experiments. */
export function ScopeBar(props: {
  choice: IScopeChoice;
  notebook: string | null;
  /** False where there is no notebook to follow. */
  follows: boolean;
  client: IRunsClient;
  onChoose: (choice: IScopeChoice) => void;
}): JSX.Element {
  const { choice, notebook, client, onChoose } = props;
  const { trans } = useView();
  const [open, setOpen] = useState(false);
  const [experiments, setExperiments] = useState<IExperiment[] | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (open || (choice.experiments && experiments === null)) {
      client
        .experiments(notebook ?? undefined)
        .then(setExperiments, () => setExperiments([]));
    }
  }, [open, client, notebook, choice.experiments !== null]);
  const chosen = choice.experiments;
  const label =
    chosen === null
      ? trans.__('All')
      : chosen.length === 1
        ? (experiments?.find(one => one.experiment_id === chosen[0])?.name ??
          trans.__('1 experiment'))
        : trans._n('%1 experiment', '%1 experiments', chosen.length);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div className="jp-Cellruns-scope">
      <div
        role="group"
        aria-label={trans.__('Whose runs')}
        className="jp-Cellruns-segments"
      >
        {props.follows ? (
          <button
            type="button"
            aria-pressed={choice.mode === 'notebook'}
            title={notebook ?? undefined}
            onClick={() =>
              onChoose({ ...choice, mode: 'notebook', cell: null })
            }
          >
            {trans.__('This notebook')}
          </button>
        ) : null}
        <button
          type="button"
          aria-pressed={choice.mode === 'all'}
          title={label}
          onClick={() =>
            choice.mode === 'all'
              ? setOpen(!open)
              : onChoose({ ...choice, mode: 'all', cell: null })
          }
        >
          {label}
        </button>
        <button
          ref={button}
          type="button"
          className="jp-Cellruns-scopeMore"
          aria-label={trans.__('Choose experiments')}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          ▾
        </button>
      </div>
      {choice.mode === 'notebook' && choice.cell ? (
        <span className="jp-Cellruns-scopeCell">
          {trans.__('One cell')}
          <IconButton
            icon={closeIcon}
            label={trans.__('Show the runs of all cells')}
            onClick={() => onChoose({ ...choice, cell: null })}
          />
        </span>
      ) : null}
      {choice.deleted ? (
        <span className="jp-Cellruns-scopeCell">
          {trans.__('Deleted runs')}
          <IconButton
            icon={closeIcon}
            label={trans.__('Show the runs that are not deleted')}
            onClick={() => onChoose({ ...choice, deleted: false })}
          />
        </span>
      ) : null}
      {open ? (
        <ExperimentList
          experiments={experiments}
          chosen={chosen}
          onChoose={ids =>
            onChoose({ ...choice, mode: 'all', cell: null, experiments: ids })
          }
          onClose={close}
        />
      ) : null}
    </div>
  );
}

function ExperimentList(props: {
  experiments: IExperiment[] | null;
  chosen: readonly string[] | null;
  onChoose: (ids: readonly string[] | null) => void;
  onClose: () => void;
}): JSX.Element {
  const { experiments, chosen, onChoose } = props;
  const { trans } = useView();
  const [text, setText] = useState('');
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => search.current?.focus(), []);
  const toggle = (id: string) => {
    const ids = (chosen ?? []).includes(id)
      ? (chosen ?? []).filter(one => one !== id)
      : [...(chosen ?? []), id];
    onChoose(ids.length > 0 ? ids : null);
  };
  const found = (experiments ?? []).filter(one =>
    one.name.toLowerCase().includes(text.trim().toLowerCase())
  );
  return (
    <div
      role="dialog"
      aria-label={trans.__('Choose experiments')}
      className="jp-Cellruns-chooser"
      data-side="left"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          props.onClose();
        }
      }}
    >
      <input
        ref={search}
        type="text"
        value={text}
        placeholder={trans.__('Find an experiment')}
        aria-label={trans.__('Find an experiment')}
        onChange={event => setText(event.currentTarget.value)}
      />
      <ul aria-label={trans.__('Experiments')}>
        <li>
          <label>
            <input
              type="checkbox"
              checked={chosen === null}
              onChange={() => onChoose(null)}
            />
            <span className="jp-Cellruns-chooserKey">
              {trans.__('All experiments')}
            </span>
          </label>
        </li>
        {found.slice(0, 200).map(one => (
          <li key={one.experiment_id}>
            <label title={one.name}>
              <input
                type="checkbox"
                checked={chosen?.includes(one.experiment_id) ?? false}
                onChange={() => toggle(one.experiment_id)}
              />
              <span className="jp-Cellruns-chooserKey">{one.name}</span>
            </label>
          </li>
        ))}
      </ul>
      {found.length === 0 ? (
        <p>
          {experiments === null
            ? trans.__('Asking what there is…')
            : trans.__('Nothing is called like that.')}
        </p>
      ) : null}
      <div className="jp-Cellruns-chooserFoot">
        <button
          type="button"
          className="jp-Cellruns-button"
          onClick={props.onClose}
        >
          {trans.__('Done')}
        </button>
      </div>
    </div>
  );
}
