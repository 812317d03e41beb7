import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { themeOf } from '../charts/theme';
import type { ICompareContext } from './context';
import { CompareBody } from './view';

/** Runs side by side. */
export class ComparePanel extends ReactWidget {
  constructor(options: ComparePanel.IOptions) {
    super();
    this.addClass('jp-Cellruns');
    this.addClass('jp-Cellruns-compare');
    this._options = options;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute(
      'aria-label',
      options.trans.__('Comparison of runs')
    );
  }

  get model(): ComparePanel.IOptions['model'] {
    return this._options.model;
  }

  /** Colours of the page have changed. */
  restyle(): void {
    this.update();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._options.model.dispose();
      super.dispose();
    }
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this.update();
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.node
      .querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')
      ?.focus();
  }

  protected override render(): JSX.Element {
    const theme = themeOf(this.node);
    const text = JSON.stringify(theme);
    if (text !== this._themeText) {
      this._themeText = text;
      this._theme = theme;
    }
    return <CompareBody {...this._options} theme={this._theme ?? theme} />;
  }

  private _options: ComparePanel.IOptions;
  private _theme: ICompareContext['theme'] | null = null;
  private _themeText = '';
}

/** Namespace for `ComparePanel`. */
export namespace ComparePanel {
  /** Options of a panel. */
  export type IOptions = Omit<ICompareContext, 'picture' | 'theme'>;
}
