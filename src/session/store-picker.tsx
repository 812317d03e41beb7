import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { IStoreState } from '../client/tokens';
import type { SessionModel } from './model';
import { shortCount, storeName } from './words';

/** The stores of the server, and which of them the next run goes to. Nothing where there is no choice. */
export function StorePicker(props: {
  model: SessionModel;
  trans: TranslationBundle;
  onChoose: (id: string) => void;
}): JSX.Element | null {
  const { model, trans } = props;
  const { status } = model;
  if (!status || status.stores.length < 2) {
    return null;
  }
  const staying = model.activeRuns.some(
    run => run.store && run.store !== status.store.id
  );
  return (
    <section aria-label={trans.__('Store of the next runs')}>
      <h4>{trans.__('Store of the next runs')}</h4>
      <ul className="jp-Cellruns-menuStores">
        {status.stores.map(store => (
          <li key={store.id}>
            <button
              type="button"
              aria-pressed={store.id === status.store.id}
              data-phase={storePhase(store)}
              title={[store.location, store.message, store.hint]
                .filter(Boolean)
                .join('\n')}
              onClick={() => props.onChoose(store.id)}
            >
              <span className="jp-Cellruns-dot" aria-hidden="true" />
              <span className="jp-Cellruns-menuStoreName">
                {storeName(store, trans)}
              </span>
              <span className="jp-Cellruns-menuStoreState">
                {stateText(store, trans)}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {staying ? (
        <p>
          {trans.__(
            'The active run stays where it is; the next one goes to %1.',
            storeName(status.store, trans)
          )}
        </p>
      ) : null}
    </section>
  );
}

function storePhase(store: IStoreState): string {
  return store.state === 'away' || store.state === 'error'
    ? store.state
    : store.state === 'ready'
      ? 'idle'
      : '';
}

function stateText(store: IStoreState, trans: TranslationBundle): string {
  const waiting =
    store.waiting > 0 ? trans.__('%1 waiting', shortCount(store.waiting)) : '';
  const state =
    store.state === 'away'
      ? trans.__('away')
      : store.state === 'error'
        ? trans.__('can’t be used')
        : '';
  return [state, waiting].filter(Boolean).join(', ');
}
