import { Signal, type ISignal } from '@lumino/signaling';

import { FIRST_CHOICE, type IScopeChoice } from '../table/scope';

/** What the shell of the panel knows before its views are loaded. */
export class PanelState {
  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when the list should look for news. */
  get refreshRequested(): ISignal<this, void> {
    return this._refreshRequested;
  }

  /** Path of the notebook in front, or null. */
  get notebook(): string | null {
    return this._notebook;
  }

  set notebook(path: string | null) {
    if (path !== this._notebook) {
      this._notebook = path;
      this._changed.emit();
    }
  }

  /** The panel can be seen. */
  get isVisible(): boolean {
    return this._isVisible;
  }

  set isVisible(visible: boolean) {
    if (visible !== this._isVisible) {
      this._isVisible = visible;
      this._changed.emit();
    }
  }

  /** Whose runs the list shows. */
  get choice(): IScopeChoice {
    return this._choice;
  }

  choose(choice: IScopeChoice): void {
    this._choice = choice;
    this._changed.emit();
  }

  /** Id of the run that is open, or null: the list. */
  get openRun(): string | null {
    return this._openRun;
  }

  /** Id of the run that was open before, to come back to. */
  get lastRun(): string | null {
    return this._lastRun;
  }

  open(runId: string | null): void {
    if (runId !== this._openRun) {
      this._lastRun = this._openRun ?? this._lastRun;
      this._openRun = runId;
      this._changed.emit();
    }
  }

  refresh(): void {
    this._refreshRequested.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _refreshRequested = new Signal<this, void>(this);
  private _choice: IScopeChoice = FIRST_CHOICE;
  private _notebook: string | null = null;
  private _openRun: string | null = null;
  private _lastRun: string | null = null;
  private _isVisible = false;
}
