import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import React, { useEffect, useReducer, useState } from 'react';

import { RunsError } from '../client/errors';
import type { IProblem, IRunsClient, IUserSettings } from '../client/tokens';
import { ExperimentPicker } from './experiment-picker';
import type { SessionModel } from './model';
import { StorePicker } from './store-picker';
import { phaseText } from './words';

/** Problems that are listed, the newest first. */
const MOST_PROBLEMS = 20;

/** What the menu of a notebook's pill is made of. */
export interface ISessionMenuProps {
  model: SessionModel;
  client: IRunsClient;
  commands: CommandRegistry;
  /** What the user's settings say, once they are read. */
  settings: IUserSettings | null;
  trans: TranslationBundle;
  onClose: () => void;
}

/** Store, experiment, active runs and problems of a notebook, and what can be done about them. */
export function SessionMenu(props: ISessionMenuProps): JSX.Element {
  const { model, client, commands, trans, onClose } = props;
  const [, tick] = useReducer((n: number) => n + 1, 0);
  const [failure, setFailure] = useState<RunsError | null>(null);
  useEffect(() => {
    const slot = () => tick();
    model.changed.connect(slot);
    model.looksAtAll = true;
    void model.refresh();
    return () => {
      model.looksAtAll = false;
      model.changed.disconnect(slot);
    };
  }, [model]);
  const attempt = (work: Promise<void>) => {
    setFailure(null);
    work.catch(reason => setFailure(RunsError.from(reason)));
  };
  const run = (command: string, args = {}) => {
    onClose();
    void commands.execute(command, args);
  };
  const { phase, isEnabled, activeRuns, status } = model;
  const problems = [...(status?.kernel?.problems ?? [])]
    .reverse()
    .slice(0, MOST_PROBLEMS);
  return (
    <>
      <div className="jp-Cellruns-menuHead" data-phase={phase}>
        <span className="jp-Cellruns-dot" aria-hidden="true" />
        <strong>{phaseText(phase, trans)}</strong>
        <button
          type="button"
          role="switch"
          className="jp-Cellruns-switch"
          aria-checked={isEnabled}
          disabled={status?.enabled === false}
          onClick={() => attempt(model.setEnabled(!isEnabled))}
        >
          <span className="jp-Cellruns-switchTrack" aria-hidden="true" />
          {trans.__('Track this notebook')}
        </button>
      </div>
      <Store {...props} />
      {model.error || !isEnabled ? null : (
        <StorePicker
          model={model}
          trans={trans}
          onChoose={id => attempt(model.setStore(id))}
        />
      )}
      {failure ? (
        <p className="jp-Cellruns-menuError" role="alert">
          {failure.message} {failure.hint}
        </p>
      ) : null}
      {model.error || !isEnabled ? null : (
        <ExperimentPicker
          client={client}
          notebook={model.path}
          store={status?.store.id ?? ''}
          trans={trans}
          current={model.experiment}
          chosen={model.binding?.experiment ?? null}
          settings={props.settings}
          onChoose={name => attempt(model.setExperiment(name))}
        />
      )}
      {activeRuns.length > 0 ? (
        <section aria-label={trans.__('Active runs')}>
          <h4>{trans.__('Active runs')}</h4>
          <ul className="jp-Cellruns-menuRuns">
            {activeRuns.map(one => (
              <li key={one.run_id}>
                <button
                  type="button"
                  title={one.name}
                  onClick={() =>
                    run('cellruns:open-run', { run_id: one.run_id })
                  }
                >
                  {one.name}
                </button>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {problems.length > 0 ? (
        <section aria-label={trans.__('Problems')}>
          <h4>{trans.__('Problems')}</h4>
          <ul className="jp-Cellruns-menuProblems" tabIndex={0}>
            {problems.map((problem, index) => (
              <Problem key={`${problem.time}:${index}`} problem={problem} />
            ))}
          </ul>
        </section>
      ) : null}
      <div className="jp-Cellruns-menuFoot">
        <button
          type="button"
          className="jp-Cellruns-button"
          data-primary="true"
          onClick={() => run('cellruns:open-runs')}
        >
          {trans.__('Open the runs panel')}
        </button>
        {commands.hasCommand('settingeditor:open') ? (
          <button
            type="button"
            className="jp-Cellruns-button"
            onClick={() => run('settingeditor:open', { query: 'Cellruns' })}
          >
            {trans.__('Settings…')}
          </button>
        ) : null}
      </div>
    </>
  );
}

function Store({ model, trans }: ISessionMenuProps): JSX.Element {
  const { error, status } = model;
  if (error) {
    return (
      <div className="jp-Cellruns-menuError" role="alert">
        <p>{error.message}</p>
        {error.hint ? <p>{error.hint}</p> : null}
        <button
          type="button"
          className="jp-Cellruns-button"
          onClick={() => void model.refresh()}
        >
          {trans.__('Retry')}
        </button>
      </div>
    );
  }
  const store = status?.store;
  if (!store) {
    return <p className="jp-Cellruns-none">{trans.__('Asking the server…')}</p>;
  }
  return (
    <div className="jp-Cellruns-menuStore" data-state={store.state}>
      <p title={store.location}>
        {store.kind === 'local'
          ? trans.__('Local store')
          : trans.__('Remote store %1', store.label)}
        <span className="jp-Cellruns-menuLocation">{store.location}</span>
      </p>
      {store.message ? <p role="alert">{store.message}</p> : null}
      {store.hint ? <p>{store.hint}</p> : null}
      {store.waiting > 0 ? (
        <p>
          {trans._n(
            '%1 point waits to be stored; it is kept on disk until then.',
            '%1 points wait to be stored; they are kept on disk until then.',
            store.waiting
          )}
        </p>
      ) : null}
      {status?.enabled === false ? (
        <p>{trans.__('Tracking is turned off in the settings.')}</p>
      ) : null}
    </div>
  );
}

function Problem({ problem }: { problem: IProblem }): JSX.Element {
  return (
    <li>
      <time dateTime={new Date(problem.time).toISOString()}>
        {new Date(problem.time).toLocaleTimeString()}
      </time>{' '}
      {problem.message}
    </li>
  );
}
