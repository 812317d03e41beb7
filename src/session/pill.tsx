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
    const where = shown ? this._where() : this._short();
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
        {where ? <span className="jp-Cellruns-pillText">{where}</span> : null}
        {shown && runs.length > 0 ? (
          <span className="jp-Cellruns-pillRun">
            {runs[runs.length - 1].name}
          </span>
        ) : null}
        {shown && runs.length > 1 ? (
          <span className="jp-Cellruns-pillBadge">+{runs.length - 1}</span>
        ) : null}
        {waiting > 0 ? (
          <span className="jp-Cellruns-pillBadge">
            <span aria-hidden="true">⇡</span>
            <span className="jp-Cellruns-srOnly">
              {trans.__('Points that wait to be stored:')}
            </span>
            {shortCount(waiting)}
          </span>
        ) : null}
        {problems > 0 ? (
          <span className="jp-Cellruns-pillBadge" data-kind="problems">
            <span aria-hidden="true">!</span>
            <span className="jp-Cellruns-srOnly">{trans.__('Problems:')}</span>
            {shortCount(problems)}
          </span>
        ) : null}
      </button>
    );
  }

  /** Where runs go. While one is active, what goes without saying leaves its room to the name. */
  private _where(): string {
    const { model } = this._options;
    const { store } = model.status ?? {};
    const idle = model.phase === 'idle';
    const own = model.experiment === model.path;
    return [
      idle || store?.kind === 'remote' ? store?.label : '',
      idle || !own ? model.experiment.split('/').pop() : ''
    ]
      .filter(Boolean)
      .join(' › ');
  }

  private _short(): string {
    const { model, trans } = this._options;
    const store = model.status?.store;
    const remote = !model.error && store?.kind === 'remote' ? store : null;
    switch (model.phase) {
      case 'off':
        return trans.__('Runs off');
      case 'away':
        return remote
          ? trans.__('%1 away', remote.label)
          : trans.__('Store away');
      case 'error':
        return remote
          ? trans.__('%1: error', remote.label)
          : trans.__('Runs: error');
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
