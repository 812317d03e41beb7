import { closeIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useRef, useState } from 'react';

import type { IExperiment, IRunsClient, IStatus } from '../client/tokens';
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
  const [status, setStatus] = useState<IStatus | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (open || (choice.experiments && experiments === null)) {
      let wanted = true;
      const settle = (found: IExperiment[]) => wanted && setExperiments(found);
      client
        .experiments(notebook ?? undefined, choice.store ?? undefined)
        .then(settle, () => settle([]));
      return () => {
        wanted = false;
      };
    }
    return undefined;
  }, [open, client, notebook, choice.store, choice.experiments !== null]);
  useEffect(() => {
    if ((open || choice.store) && client.onlyStore === null) {
      client
        .status({ notebook: notebook ?? undefined })
        // The list itself tells of a server that does not answer.
        .then(setStatus, () => undefined);
    }
  }, [open, client, notebook, choice.store !== null]);
  const store = status?.stores.find(one => one.id === choice.store);
  const chosen = choice.experiments;
  const label =
    chosen === null
      ? choice.store !== null
        ? (store?.label ?? choice.store)
        : trans.__('All')
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
          status={client.onlyStore === null ? status : null}
          store={choice.store}
          onStore={id =>
            onChoose({
              ...choice,
              mode: 'all',
              cell: null,
              store: id,
              // Ids of another store's experiments.
              experiments: null
            })
          }
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
  status: IStatus | null;
  store: string | null;
  onStore: (id: string | null) => void;
  chosen: readonly string[] | null;
  onChoose: (ids: readonly string[] | null) => void;
  onClose: () => void;
}): JSX.Element {
  const { experiments, status, chosen, onChoose } = props;
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
      {status && status.stores.length > 1 ? (
        <label className="jp-Cellruns-chooserStore">
          {trans.__('Store')}
          <select
            value={props.store ?? status.store.id}
            onChange={event => {
              const id = event.currentTarget.value;
              props.onStore(id === status.store.id ? null : id);
            }}
          >
            {status.stores.map(one => (
              <option key={one.id} value={one.id}>
                {one.label}
              </option>
            ))}
          </select>
        </label>
      ) : null}
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
