import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import React from 'react';

import type { PanelState } from './panel-state';
import type { IRunsViewOptions, RunsView } from './view';

/** The side panel "Runs". */
export class RunsPanel extends ReactWidget {
  constructor(options: IRunsViewOptions) {
    super();
    this._options = options;
    this.state = options.state;
    this.id = 'jp-Cellruns-runs';
    this.addClass('jp-Cellruns');
    this.addClass('jp-Cellruns-panel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', options.trans.__('Cellruns: Runs'));
  }

  readonly state: PanelState;

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._look();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._look();
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.state.isVisible = false;
  }

  protected override onBeforeDetach(msg: Message): void {
    this.state.isVisible = false;
    super.onBeforeDetach(msg);
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    const target = this.node.querySelector<HTMLElement>(
      '[role="row"][tabindex="0"], button, input'
    );
    target?.focus();
  }

  protected override render(): JSX.Element {
    if (this._view) {
      return <this._view {...this._options} />;
    }
    const { trans } = this._options;
    return this._failed ? (
      <div className="jp-Cellruns-notice" role="alert">
        <h3>{trans.__('The runs panel could not be loaded.')}</h3>
        <p>{trans.__('Check that the Jupyter server is running.')}</p>
        <button
          type="button"
          className="jp-Cellruns-button"
          onClick={() => this._load()}
        >
          {trans.__('Retry')}
        </button>
      </div>
    ) : (
      <></>
    );
  }

  /** The views are the bulk of the panel; they are loaded when it is first seen. */
  private _load(): void {
    this._failed = false;
    import('./view')
      .then(({ RunsView }) => {
        this._view = RunsView;
      })
      .catch(() => {
        this._failed = true;
      })
      .finally(() => this.update());
  }

  private _look(): void {
    if (this.isVisible) {
      this.state.isVisible = true;
      if (!this._view) {
        this._load();
      }
    }
  }

  private _options: IRunsViewOptions;
  private _view: typeof RunsView | null = null;
  private _failed = false;
}
