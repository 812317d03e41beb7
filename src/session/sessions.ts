import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Poll } from '@lumino/polling';
import type { Widget } from '@lumino/widgets';

import type { IRunsClient, IUserSettings } from '../client/tokens';
import type { ILiveRuns } from '../live/tokens';
import { SessionModel } from './model';
import { SessionPill } from './pill';

/** How often a pill looks by itself for what no event told of (ms). */
const LOOK_AGAIN = 30_000;

/** The pills of all open notebooks. */
export class Sessions {
  constructor(options: Sessions.IOptions) {
    this._options = options;
  }

  /** What the user's settings say, null until they are read. */
  settings: IUserSettings | null = null;

  /** The model of a notebook that has a pill. */
  get(panel: NotebookPanel): SessionModel | undefined {
    return this._pills.get(panel)?.model;
  }

  /** The pill of a notebook, for its toolbar. */
  makePill(panel: NotebookPanel): SessionPill {
    const { client, live, trans } = this._options;
    const context = panel.sessionContext;
    const model = new SessionModel({
      client,
      live,
      source: {
        path: () => panel.context.localPath,
        kernelId: () => context.session?.kernel?.id ?? null
      }
    });
    const pill = new SessionPill({
      model,
      trans,
      onOpen: () => void this.openMenu(panel, false)
    });
    // The session outlives the panel: its signals are dropped with the pill.
    const touch = () => model.touch();
    context.statusChanged.connect(touch, pill);
    context.kernelChanged.connect(touch, pill);
    panel.context.pathChanged.connect(touch, pill);
    const poll = new Poll({
      name: 'jupyterlab-cellruns:session',
      standby: () => (pill.isVisible ? 'when-hidden' : true),
      frequency: { interval: LOOK_AGAIN, backoff: false },
      factory: () => model.refresh()
    });
    this._pills.set(panel, pill);
    pill.disposed.connect(() => {
      poll.dispose();
      model.dispose();
      this._pills.delete(panel);
    });
    return pill;
  }

  /** Look at all notebooks again soon. */
  touchAll(): void {
    this._pills.forEach(pill => pill.model.touch());
  }

  /** Open the menu of a notebook's pill, or close it where it is open. */
  async openMenu(
    panel: NotebookPanel,
    chooseExperiment: boolean
  ): Promise<void> {
    const pill = this._pills.get(panel);
    const button = pill?.node.querySelector('button');
    if (!pill || !button) {
      return;
    }
    if (this._popup && !this._popup.isDisposed) {
      const own = this._popupOwner === pill;
      this._popup.close();
      if (own && !chooseExperiment) {
        return;
      }
    }
    const { client, commands, trans } = this._options;
    const { SessionPopup } = await import('./popup');
    const popup = new SessionPopup({
      model: pill.model,
      client,
      commands,
      settings: this.settings,
      trans,
      button,
      chooseExperiment
    });
    this._popup = popup;
    this._popupOwner = pill;
    pill.setExpanded(true);
    popup.disposed.connect(() => !pill.isDisposed && pill.setExpanded(false));
    pill.disposed.connect(() => popup.dispose());
    popup.open();
  }

  private _options: Sessions.IOptions;
  private _pills = new Map<NotebookPanel, SessionPill>();
  private _popup: Widget | null = null;
  private _popupOwner: SessionPill | null = null;
}

export namespace Sessions {
  export interface IOptions {
    client: IRunsClient;
    live: ILiveRuns | null;
    trans: TranslationBundle;
    commands: CommandRegistry;
  }
}
