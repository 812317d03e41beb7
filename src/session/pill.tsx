import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';

import type { SessionModel } from './model';
import { describeSession, phaseText, shortCount } from './words';

/** The run context of a notebook in its toolbar; opens the menu. */
export class SessionPill extends ReactWidget {
  constructor(options: SessionPill.IOptions) {
    super();
    this._options = options;
    this.addClass('jp-Cellruns');
    this.addClass('jp-Cellruns-pillBox');
    options.model.changed.connect(() => this.update(), this);
  }

  get model(): SessionModel {
    return this._options.model;
  }

  /** Mark the pill as the owner of the open menu. */
  setExpanded(expanded: boolean): void {
    this._expanded = expanded;
    this.update();
  }

  protected override render(): JSX.Element {
    const { model, trans } = this._options;
    const { phase } = model;
    const store = model.status?.store;
    const runs = model.activeRuns;
    const problems = model.status?.kernel?.problems.length ?? 0;
    const waiting = store?.waiting ?? 0;
    const shown = phase === 'idle' || phase === 'running';
    return (
      <button
        type="button"
        className="jp-Cellruns-pill"
        data-phase={phase}
        data-state={store?.state}
        title={describeSession(model, trans)}
        aria-haspopup="dialog"
        aria-expanded={this._expanded}
        onClick={event => this._options.onOpen(event.currentTarget)}
      >
        <span className="jp-Cellruns-dot" aria-hidden="true" />
        <span className="jp-Cellruns-srOnly">
          {trans.__('Cellruns: %1', phaseText(phase, trans))}
        </span>
        {shown && store ? (
          <>
            <span className="jp-Cellruns-pillStore">{store.label}</span>
            {model.experiment ? (
              <span className="jp-Cellruns-pillExperiment">
                {model.experiment}
              </span>
            ) : null}
            {runs.length > 0 ? (
              <span className="jp-Cellruns-pillRun">
                {runs[runs.length - 1].name}
              </span>
            ) : null}
            {runs.length > 1 ? (
              <span className="jp-Cellruns-pillMore">+{runs.length - 1}</span>
            ) : null}
          </>
        ) : (
          <span className="jp-Cellruns-pillText">{this._short()}</span>
        )}
        {waiting > 0 ? (
          <span className="jp-Cellruns-pillWaiting">
            {trans.__('%1 waiting', shortCount(waiting))}
          </span>
        ) : null}
        {problems > 0 ? (
          <span className="jp-Cellruns-pillProblems">
            {trans._n('%1 problem', '%1 problems', problems)}
          </span>
        ) : null}
      </button>
    );
  }

  private _short(): string {
    const { model, trans } = this._options;
    switch (model.phase) {
      case 'off':
        return trans.__('Runs off');
      case 'away':
        return trans.__('Store away');
      case 'error':
        return trans.__('Runs: error');
      default:
        return trans.__('Runs');
    }
  }

  private _options: SessionPill.IOptions;
  private _expanded = false;
}

export namespace SessionPill {
  export interface IOptions {
    model: SessionModel;
    trans: TranslationBundle;
    /** Opens the menu below the pill's button. */
    onOpen: (button: HTMLElement) => void;
  }
}
