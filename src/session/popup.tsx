import { ReactWidget } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import React from 'react';

import type { IRunsClient, IUserSettings } from '../client/tokens';
import { SessionMenu } from './menu';
import type { SessionModel } from './model';

/** Room between the popup, its button and the window's edge, in px. */
const GAP = 4;

/** The menu of a pill, below its button; closes on Escape and when something else is used. */
export class SessionPopup extends ReactWidget {
  constructor(options: SessionPopup.IOptions) {
    super();
    this._options = options;
    this.addClass('jp-Cellruns');
    this.addClass('jp-Cellruns-popup');
    this.addClass('jp-ThemedContainer');
    this.node.setAttribute('role', 'dialog');
    this.node.setAttribute(
      'aria-label',
      options.trans.__('Runs of this notebook')
    );
    this.node.tabIndex = -1;
  }

  /** Show it below its button. */
  open(): void {
    Widget.attach(this, document.body);
  }

  /** Take it away; the focus goes back to the button if it was inside. */
  override close(): void {
    const inside = this.node.contains(document.activeElement);
    this.dispose();
    if (inside) {
      this._options.button.focus();
    }
  }

  handleEvent(event: Event): void {
    const target = event.target as Node | null;
    if (event.type === 'keydown') {
      this._onKeyDown(event as KeyboardEvent);
    } else if (event.type === 'resize') {
      this._place();
    } else if (
      target &&
      !this.node.contains(target) &&
      !this._options.button.contains(target)
    ) {
      this.close();
    }
  }

  protected override render(): JSX.Element {
    return <SessionMenu {...this._options} onClose={() => this.close()} />;
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this.node.addEventListener('keydown', this);
    document.addEventListener('pointerdown', this, true);
    document.addEventListener('focusin', this, true);
    window.addEventListener('resize', this);
    void this.renderPromise?.then(() => {
      this._place();
      const wanted = this._options.chooseExperiment ? 'input' : 'button, input';
      this.node.querySelector<HTMLElement>(wanted)?.focus();
    });
  }

  protected override onBeforeDetach(msg: Message): void {
    this.node.removeEventListener('keydown', this);
    document.removeEventListener('pointerdown', this, true);
    document.removeEventListener('focusin', this, true);
    window.removeEventListener('resize', this);
    super.onBeforeDetach(msg);
  }

  private _onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  private _place(): void {
    const button = this._options.button.getBoundingClientRect();
    const { offsetWidth: width, style } = this.node;
    const left = Math.min(button.left, window.innerWidth - width - GAP);
    style.left = `${Math.max(GAP, left)}px`;
    style.top = `${button.bottom + GAP}px`;
    style.maxHeight = `${Math.max(160, window.innerHeight - button.bottom - 3 * GAP)}px`;
  }

  private _options: SessionPopup.IOptions;
}

export namespace SessionPopup {
  export interface IOptions {
    model: SessionModel;
    client: IRunsClient;
    commands: CommandRegistry;
    settings: IUserSettings | null;
    trans: TranslationBundle;
    /** The button it belongs to. */
    button: HTMLElement;
    /** Start in the field that picks an experiment. */
    chooseExperiment: boolean;
  }
}
