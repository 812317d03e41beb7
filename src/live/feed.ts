import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';

import { decodeEnvelope, EventsError } from '../protocol/decode';
import { EVENTS_MESSAGE, EVENTS_MIME } from '../protocol/events';
import type { LiveRuns } from './model';

/** Leads the envelopes on the output channels of sessions into the live runs. */
export class LiveFeed {
  /**
   * Construct a feed.
   *
   * @param runs - What is fed.
   * @param refused - Told once per sender fault, with its reason and position.
   */
  constructor(runs: LiveRuns, refused: (error: EventsError) => void) {
    this._runs = runs;
    this._refused = refused;
  }

  /** Listen to whatever kernel a session has, until the session is disposed. */
  watch(session: ISessionContext): void {
    if (this._sessions.has(session)) {
      return;
    }
    this._sessions.add(session);
    session.kernelChanged.connect(this._onKernelChanged, this);
    session.statusChanged.connect(this._onStatusChanged, this);

    session.disposed.connect(this._onDisposed, this);
    this._attach(session.session?.kernel ?? null);
  }

  private _onKernelChanged(
    _: ISessionContext,
    change: { newValue: Kernel.IKernelConnection | null }
  ): void {
    this._attach(change.newValue);
  }

  private _onStatusChanged(
    session: ISessionContext,
    status: Kernel.Status
  ): void {
    const id = session.session?.kernel?.id;
    if (
      id !== undefined &&
      (status === 'restarting' ||
        status === 'autorestarting' ||
        status === 'dead')
    ) {
      this._runs.kernelLost(id, Date.now());
    }
  }

  private _onDisposed(session: ISessionContext): void {
    session.kernelChanged.disconnect(this._onKernelChanged, this);
    session.statusChanged.disconnect(this._onStatusChanged, this);
  }

  private _attach(kernel: Kernel.IKernelConnection | null): void {
    // A slot connected twice is called once; a connection drops its slots when it is disposed.

    kernel?.anyMessage.connect(this._onMessage, this);
  }

  private _onMessage(
    kernel: Kernel.IKernelConnection,
    args: Kernel.IAnyMessageArgs
  ): void {
    if (args.direction !== 'recv') {
      return;
    }
    const json = envelopeOf(args.msg);
    if (json === undefined) {
      return;
    }
    try {
      this._runs.apply(kernel.id, decodeEnvelope(json));
    } catch (error) {
      if (!(error instanceof EventsError)) {
        throw error;
      }
      const fault = `${kernel.id} ${error.message}`;
      if (!this._faults.has(fault) && this._faults.size < 100) {
        this._faults.add(fault);
        this._refused(error);
      }
    }
  }

  private _runs: LiveRuns;
  private _refused: (error: EventsError) => void;
  private _sessions = new WeakSet<ISessionContext>();
  private _faults = new Set<string>();
}

/** The envelope that a message carries, if it does. */
export function envelopeOf(msg: KernelMessage.IMessage): unknown {
  const type: string = msg.header.msg_type;
  if (type === EVENTS_MESSAGE) {
    return msg.content;
  }
  if (type === 'display_data') {
    const { data } = msg.content as { data?: Record<string, unknown> };
    return data?.[EVENTS_MIME];
  }
  return undefined;
}
