import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';
import type { IJob, IProjectsClient } from './tokens';

const BUSY = 1000;
const QUIET = 15_000;
const frequency = (interval: number) => ({
  interval,
  max: interval,
  backoff: false
});
/** Most characters of a log that are kept in the page; the server has all of it. */
const MOST_LOG = 400_000;

/** The jobs of the server, as long as somebody looks; the log of the one that is open. */
export class JobsModel implements IDisposable {
  constructor(
    private _client: IProjectsClient,
    private _isWanted: (job: IJob) => boolean = () => true
  ) {
    this._poll = new Poll({
      name: 'jupyterlab-cellruns:jobs',
      frequency: frequency(BUSY),
      standby: () => !this.isVisible,
      factory: () => this.refresh()
    });
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  jobs: IJob[] = [];
  /** Id of the job whose log is shown. */
  open: string | null = null;
  log = '';
  error: string | null = null;
  isVisible = true;

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._poll.dispose();
    Signal.clearData(this);
  }

  async refresh(): Promise<void> {
    try {
      this.jobs = (await this._client.jobs()).filter(this._isWanted);
      this.error = null;
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
    if (this.open) {
      await this._readLog();
    }
    if (!this._isDisposed) {
      const isBusy = this.jobs.some(
        job => job.ended === null && job.status !== 'lost'
      );
      this._poll.frequency = frequency(isBusy ? BUSY : QUIET);
      this._changed.emit();
    }
  }

  /** Looks now, and often while something runs. */
  async wake(): Promise<void> {
    this._poll.frequency = frequency(BUSY);
    await this._poll.refresh();
    await this._poll.tick;
  }

  async toggle(id: string): Promise<void> {
    this.open = this.open === id ? null : id;
    this.log = '';
    this._offset = 0;
    this._changed.emit();
    if (this.open) {
      await this._readLog();
      this._changed.emit();
    }
  }

  async end(id: string): Promise<void> {
    try {
      await this._client.end(id);
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
    await this.wake();
  }

  private async _readLog(): Promise<void> {
    const id = this.open;
    if (!id) {
      return;
    }
    try {
      const part = await this._client.log(id, this._offset);
      if (id === this.open && part.next > this._offset) {
        this._offset = part.next;
        this.log = lastStates(this.log + part.text).slice(-MOST_LOG);
      }
    } catch {
      // The next look may find it.
    }
  }

  private _changed = new Signal<this, void>(this);
  private _isDisposed = false;
  private _offset = 0;
  private _poll: Poll;
}

/** A terminal shows the last state of a line that a progress bar writes again and again; colours are left out. */
export function lastStates(text: string): string {
  return text
    .replace(new RegExp('\\u001b\\[[0-9;?]*[A-Za-z]', 'g'), '')
    .replace(/\r\n/g, '\n')
    .replace(/[^\n]*\r(?=[^\n])/g, '');
}
