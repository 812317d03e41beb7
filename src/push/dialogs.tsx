import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useState } from 'react';

import type { IPush, IStoreChoice } from './tokens';
import { stateText } from './words';

/** Where to push, as the user has chosen it. */
export interface IPushChoice {
  store: string;
  children: boolean;
}

/** Asks where to push; null where the user thinks better of it. */
export async function askWhere(options: {
  count: number;
  stores: readonly IStoreChoice[];
  chosen?: string;
  trans: TranslationBundle;
}): Promise<IPushChoice | null> {
  const { count, stores, trans } = options;
  if (stores.length === 0) {
    await showDialog({
      title: trans.__('No other store to push to'),
      body: trans.__(
        'Runs can be pushed to an MLflow tracking server that this Jupyter server knows: name it in CellrunsApp.stores of its configuration, or start it with MLFLOW_TRACKING_URI set.'
      ),
      buttons: [Dialog.okButton({ label: trans.__('Close') })]
    });
    return null;
  }
  const body = new ChoiceBody(stores, options.chosen, trans);
  const result = await showDialog<IPushChoice>({
    title: trans._n('Push %1 run', 'Push %1 runs', count),
    body,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Push') })
    ],
    focusNodeSelector: 'select'
  });
  return result.button.accept ? result.value : null;
}

/** Shows what became of each run of a push. */
export function showDetails(
  push: IPush,
  target: string,
  trans: TranslationBundle
): void {
  void showDialog({
    title: trans.__('Push to %1', target),
    body: ReactWidget.create(<Details push={push} trans={trans} />),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}

class ChoiceBody
  extends ReactWidget
  implements Dialog.IBodyWidget<IPushChoice>
{
  constructor(
    private _stores: readonly IStoreChoice[],
    chosen: string | undefined,
    private _trans: TranslationBundle
  ) {
    super();
    const first = _stores.find(store => store.id === chosen) ?? _stores[0];
    this._choice = { store: first?.id ?? '', children: true };
  }

  getValue(): IPushChoice {
    return this._choice;
  }

  protected render(): JSX.Element {
    return (
      <Choice
        stores={this._stores}
        initial={this._choice}
        trans={this._trans}
        onChange={choice => {
          this._choice = choice;
        }}
      />
    );
  }

  private _choice: IPushChoice;
}

function Choice(props: {
  stores: readonly IStoreChoice[];
  initial: IPushChoice;
  trans: TranslationBundle;
  onChange: (choice: IPushChoice) => void;
}): JSX.Element {
  const { stores, trans } = props;
  const [choice, setChoice] = useState(props.initial);
  const change = (next: IPushChoice) => {
    setChoice(next);
    props.onChange(next);
  };
  const store = stores.find(one => one.id === choice.store);
  return (
    <div className="jp-Cellruns-push">
      <label>
        <span>{trans.__('To')}</span>
        <select
          className="jp-mod-styled"
          value={choice.store}
          onChange={event => change({ ...choice, store: event.target.value })}
        >
          {stores.map(one => (
            <option key={one.id} value={one.id}>
              {one.label}
            </option>
          ))}
        </select>
      </label>
      <p className="jp-Cellruns-pushWhere">{store?.location}</p>
      {store?.message ? (
        <p className="jp-Cellruns-pushTrouble" role="status">
          {store.message}
        </p>
      ) : null}
      <label className="jp-Cellruns-pushCheck">
        <input
          type="checkbox"
          checked={choice.children}
          onChange={event =>
            change({ ...choice, children: event.target.checked })
          }
        />
        <span>{trans.__('With child runs')}</span>
      </label>
      <p>
        {trans.__(
          'Params, the whole history of metrics, tags, datasets, artifacts and models are copied into the experiment of the same name, parents too. The runs here stay as they are. Pushing again sends only what is new.'
        )}
      </p>
    </div>
  );
}

function Details(props: {
  push: IPush;
  trans: TranslationBundle;
}): JSX.Element {
  const { push, trans } = props;
  return (
    <div className="jp-Cellruns-push">
      {push.error ? (
        <p className="jp-Cellruns-pushTrouble">
          {push.error.message} {push.error.hint}
        </p>
      ) : null}
      <table className="jp-Cellruns-pushTable">
        <thead>
          <tr>
            <th scope="col">{trans.__('Run')}</th>
            <th scope="col">{trans.__('State')}</th>
            <th scope="col">{trans.__('Copy')}</th>
          </tr>
        </thead>
        <tbody>
          {push.runs.map(run => (
            <React.Fragment key={run.run_id}>
              <tr data-state={run.state}>
                <th scope="row" title={run.run_id}>
                  {run.name}
                </th>
                <td>{stateText(run, trans)}</td>
                <td>
                  <code>{run.remote_run_id ?? '–'}</code>
                </td>
              </tr>
              {run.error || run.notices.length > 0 ? (
                <tr className="jp-Cellruns-pushSaid">
                  <td colSpan={3}>
                    {run.error ? (
                      <p className="jp-Cellruns-pushTrouble">
                        {run.error.message} {run.error.hint}
                      </p>
                    ) : null}
                    {run.notices.map(notice => (
                      <p key={notice}>{notice}</p>
                    ))}
                  </td>
                </tr>
              ) : null}
            </React.Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}
