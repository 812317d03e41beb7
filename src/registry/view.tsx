import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { IStoreState } from '../client/tokens';
import type { ITrans } from '../text';
import { storeName } from '../session/words';
import { Comparison } from './compareView';
import { Details } from './details';
import type { RegistryModel } from './model';

/** Registered models: the list beside the chosen one. */
export class RegistryWidget extends ReactWidget {
  constructor(
    readonly model: RegistryModel,
    private _commands: CommandRegistry
  ) {
    super();
    this.addClass('jp-Cellruns-registry');
  }

  protected override render(): React.JSX.Element {
    return (
      <UseSignal signal={this.model.changed}>
        {() => <Body model={this.model} commands={this._commands} />}
      </UseSignal>
    );
  }
}

function Body(props: {
  model: RegistryModel;
  commands: CommandRegistry;
}): React.JSX.Element {
  const { model, commands } = props;
  const { trans } = model;
  React.useEffect(() => {
    void model.look();
    void model.search(model.text);
  }, [model]);
  return (
    <>
      <div className="jp-Cellruns-registryList">
        <Stores model={model} />
        <input
          type="search"
          className="jp-Cellruns-modelField"
          placeholder={trans.__('Find a registered model')}
          aria-label={trans.__('Find a registered model')}
          value={model.text}
          onChange={event => void model.search(event.target.value)}
        />
        {model.error && !(model.isInTrouble && model.stores.length > 1) && (
          <p className="jp-Cellruns-modelProblem" role="alert">
            {model.error}
          </p>
        )}
        {model.isLoaded && !model.error && model.models.length === 0 && (
          <p className="jp-Cellruns-modelFaint">
            {model.text
              ? trans.__('No registered model has that in its name.')
              : trans.__(
                  'No models are registered yet. Open a model of a run and choose “Register…”, or log one with registered_model_name.'
                )}
          </p>
        )}
        <ul aria-label={trans.__('Registered models')}>
          {model.models.map(one => (
            <li key={one.name}>
              <button
                type="button"
                aria-current={one.name === model.chosen?.name}
                onClick={() => void model.choose(one.name)}
              >
                <span>{one.name}</span>
                <span className="jp-Cellruns-modelFaint">
                  {newest(one.latest_versions ?? [])}
                </span>
              </button>
            </li>
          ))}
        </ul>
        {model.hasMore && (
          <button
            type="button"
            className="jp-Cellruns-modelButton"
            onClick={() => void model.more()}
          >
            {trans.__('More')}
          </button>
        )}
      </div>
      <div className="jp-Cellruns-registryBody" aria-busy={model.isBusy}>
        {model.refusal && (
          <p className="jp-Cellruns-modelProblem" role="alert">
            {model.refusal}
          </p>
        )}
        {model.chosen ? (
          <>
            <Details model={model} chosen={model.chosen} commands={commands} />
            {model.comparison && <Comparison model={model} />}
          </>
        ) : (
          <p className="jp-Cellruns-modelFaint">
            {trans.__('Choose a model to see its versions.')}
          </p>
        )}
      </div>
    </>
  );
}

/** The stores of the server, and how the shown one is. Nothing where there is no choice. */
function Stores(props: { model: RegistryModel }): React.JSX.Element | null {
  const { model } = props;
  const { trans, store, stores } = model;
  if (!store || stores.length < 2) {
    return null;
  }
  return (
    <div className="jp-Cellruns-push jp-Cellruns-registryStore">
      <label>
        <span>{trans.__('Store')}</span>
        <select
          className="jp-Cellruns-modelSelect"
          value={store.id}
          onChange={event => void model.setStore(event.target.value)}
        >
          {stores.map(one => (
            <option key={one.id} value={one.id}>
              {[storeName(one, trans), stateText(one, trans)]
                .filter(Boolean)
                .join(' – ')}
            </option>
          ))}
        </select>
      </label>
      <p className="jp-Cellruns-pushWhere">{store.location}</p>
      {store.message && (
        <p className="jp-Cellruns-pushTrouble" role="alert">
          {store.message}
        </p>
      )}
      {store.message && store.hint && (
        <p className="jp-Cellruns-modelFaint">{store.hint}</p>
      )}
    </div>
  );
}

function stateText(store: IStoreState, trans: ITrans): string {
  return store.state === 'away'
    ? trans.__('away')
    : store.state === 'error'
      ? trans.__('can’t be used')
      : '';
}

function newest(versions: readonly { version: string }[]): string {
  const numbers = versions.map(one => Number(one.version));
  return numbers.length > 0 ? `v${Math.max(...numbers)}` : '';
}
