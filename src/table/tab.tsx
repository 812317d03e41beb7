import { MainAreaWidget, ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import { Signal, type ISignal } from '@lumino/signaling';
import React from 'react';

import type { IRunsClient } from '../client/tokens';
import type { ILiveRuns } from '../live/tokens';
import type { IViewContext } from '../runs/context';
import type { TableMemory } from './memory';
import type { IScopeChoice } from './scope';
import type { RunsTableTab } from './tab-view';

/** What a tab is made of. */
export interface ITabOptions extends IViewContext {
  client: IRunsClient;
  live: ILiveRuns | null;
  memory: TableMemory;
  choice: IScopeChoice;
  notebook: string | null;
  onOpen: (runId: string) => void;
}

/** The runs table in a tab of its own; the views are loaded when it is first seen. */
export class RunsTab extends ReactWidget {
  constructor(options: ITabOptions) {
    super();
    this._options = options;
    this._choice = options.choice;
    this.addClass('jp-Cellruns');
    this.addClass('jp-Cellruns-panel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', options.trans.__('Runs table'));
    import('./tab-view')
      .then(({ RunsTableTab }) => {
        this._view = RunsTableTab;
        this.update();
      })
      .catch((reason: unknown) => console.error(reason));
  }

  /** Whose runs it shows. */
  get choice(): IScopeChoice {
    return this._choice;
  }

  get notebook(): string | null {
    return this._options.notebook;
  }

  /** Emitted when it shows the runs of others. */
  get choiceChanged(): ISignal<this, void> {
    return this._choiceChanged;
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.update();
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.update();
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.node
      .querySelector<HTMLElement>('[data-index][tabindex="0"], input, button')
      ?.focus();
  }

  protected override render(): JSX.Element {
    return this._view ? (
      <this._view
        {...this._options}
        choice={this._choice}
        isVisible={this.isVisible}
        onChoose={choice => {
          this._choice = choice;
          this._choiceChanged.emit();
          this.update();
        }}
      />
    ) : (
      <></>
    );
  }

  private _options: ITabOptions;
  private _choice: IScopeChoice;
  private _choiceChanged = new Signal<this, void>(this);
  private _view: typeof RunsTableTab | null = null;
}

/** A tab as the main area wants it. */
export function makeTab(options: ITabOptions): MainAreaWidget<RunsTab> {
  const content = new RunsTab(options);
  const widget = new MainAreaWidget({ content });
  widget.toolbar.hide();
  return widget;
}
