import { ITry } from './jobs';
import { JSONValue } from '../yaml/json';
import type { ModelView } from './model';
import { defaultParams, firstInput } from './sample';

/** State of “Try it”: what will be run, and what came of it. */
export class TryModel {
  constructor(
    private _view: ModelView,
    private _changed: () => void
  ) {}

  /** The last try; null before the first. */
  current: ITry | null = null;
  /** Why a try could not be started or watched. */
  error: string | null = null;
  seconds = 120;
  memoryMiB = 4096;

  /** The JSON text that will be the input. */
  get input(): string {
    return this._input ?? this._first;
  }
  set input(text: string) {
    this._input = text === this._first ? null : text;
    this._changed();
  }

  /** The JSON text of the params; empty for a model without. */
  get params(): string {
    const { file } = this._view;
    if (this._params !== null || !file?.signature?.params?.length) {
      return this._params ?? '';
    }
    return JSON.stringify(defaultParams(file), null, 2);
  }
  set params(text: string) {
    this._params = text;
    this._changed();
  }

  /** Whether the model's own example will be used, exactly as MLflow loads it. */
  get isExample(): boolean {
    return this._input === null && this._view.exampleText !== null;
  }

  get isRunning(): boolean {
    return this._isStarting || this.current?.state === 'running';
  }

  /** Forget the edits. */
  reset(): void {
    this._input = this._params = null;
    this._changed();
  }

  /** Run the model, after the user has allowed its code to run. */
  async run(): Promise<void> {
    const { source, kernel, host, file } = this._view;
    if (!source || !kernel || this.isRunning) {
      return;
    }
    let params: Record<string, JSONValue> | null = null;
    this.error = null;
    try {
      if (!this.isExample) {
        // Python reads NaN and Infinity too, so only the shape of the params is checked here.
        if (!this.input.trim()) {
          throw new Error(this._view.trans.__('Write an input first.'));
        }
      }
      if (this._params !== null && this._params.trim()) {
        params = JSON.parse(this._params) as Record<string, JSONValue>;
      }
      if (!(await host.allowsCode(source.address, file?.modelUuid ?? null))) {
        return;
      }
      this._isStarting = true;
      this._changed();
      this.current = await host.client.startTry(source.address, kernel, {
        input: this.isExample ? null : this.input,
        params,
        seconds: this.seconds,
        memoryMiB: this.memoryMiB
      });
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    } finally {
      this._isStarting = false;
      this._changed();
    }
    await this._watch();
  }

  async cancel(): Promise<void> {
    const id = this.current?.id;
    if (id) {
      try {
        this.current = await this._view.host.client.cancelTry(id);
      } catch (error) {
        this.error = error instanceof Error ? error.message : String(error);
      }
      this._changed();
    }
  }

  /** A closed view needs no answer any more. */
  dispose(): void {
    if (this.current?.state === 'running') {
      void this._view.host.client
        .cancelTry(this.current.id)
        .catch(() => undefined);
    }
    this._isDisposed = true;
  }

  private async _watch(): Promise<void> {
    while (this.current?.state === 'running' && !this._isDisposed) {
      try {
        const news = await this._view.host.client.watchTry(this.current.id);
        if (news.id !== this.current?.id) {
          return;
        }
        this.current = news;
      } catch (error) {
        this.error = error instanceof Error ? error.message : String(error);
        this.current = null;
      }
      this._changed();
    }
  }

  private get _first(): string {
    const { file, exampleText } = this._view;
    return file ? firstInput(file, exampleText) : '';
  }

  private _input: string | null = null;
  private _params: string | null = null;
  private _isStarting = false;
  private _isDisposed = false;
}
