import { IServer, isServing } from './jobs';
import type { ModelView } from './model';
import { firstRequest } from './sample';

/** Time between two looks at a server (ms). */
const LOOK = 1500;

/** What a served model answered. */
export interface IAnswer {
  status: number;
  content_type: string;
  text: string;
  ms: number;
}

/** State of “Serve”: the model's server, and the request that is sent to it. */
export class ServeModel {
  constructor(
    private _view: ModelView,
    private _changed: () => void
  ) {}

  server: IServer | null = null;
  answer: IAnswer | null = null;
  error: string | null = null;
  isBusy = false;

  /** Body of the next request. */
  get body(): string {
    const { file, exampleText, servingText } = this._view;
    return (
      this._body ?? (file ? firstRequest(file, exampleText, servingText) : '')
    );
  }
  set body(text: string) {
    this._body = text;
    this._changed();
  }

  /** A server that another view, or this one before a reload, has started. */
  async find(): Promise<void> {
    const { source, host } = this._view;
    if (!source) {
      return;
    }
    const { address } = source;
    const name = 'path' in address ? address.path || '.' : address.uri;
    try {
      const all = await host.client.servers();
      const store = this._view.store;
      const mine = all.filter(
        server =>
          server.model === name && (!store || store === (server.store ?? store))
      );
      this.server = mine.find(isServing) ?? mine[mine.length - 1] ?? null;
    } catch {
      // The server's own panel says so where it matters: when one is started.
      return;
    }
    this._changed();
    this._look();
  }

  async start(): Promise<void> {
    const { source, kernel, host, file } = this._view;
    if (!source || !kernel) {
      return;
    }
    if (!(await host.allowsCode(source.address, file?.modelUuid ?? null))) {
      return;
    }
    this.answer = null;
    await this._do(async () => {
      this.server = await host.client.startServer(source.address, kernel);
    });
    this._look();
  }

  async stop(): Promise<void> {
    const id = this.server?.id;
    if (id) {
      await this._do(async () => {
        this.server = await this._view.host.client.stopServer(id);
      });
    }
  }

  /** Post the body to `/invocations`. */
  async send(): Promise<void> {
    const id = this.server?.id;
    if (id) {
      await this._do(async () => {
        this.answer = null;
        this._changed();
        this.answer = await this._view.host.client.invoke(id, this.body);
        this.server = await this._view.host.client.server(id);
      });
    }
  }

  dispose(): void {
    window.clearTimeout(this._timer);
    this._isDisposed = true;
  }

  private async _do(work: () => Promise<void>): Promise<void> {
    this.isBusy = true;
    this.error = null;
    this._changed();
    try {
      await work();
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    } finally {
      this.isBusy = false;
      this._changed();
    }
  }

  private _look(): void {
    window.clearTimeout(this._timer);
    const id = this.server?.id;
    if (!id || this._isDisposed || !isServing(this.server as IServer)) {
      return;
    }
    this._timer = window.setTimeout(() => {
      void this._view.host.client
        .server(id)
        .then(news => {
          if (this.server?.id === id) {
            this.server = news;
            this._changed();
          }
        })
        .catch(() => undefined)
        .then(() => this._look());
    }, LOOK);
  }

  private _body: string | null = null;
  private _timer = 0;
  private _isDisposed = false;
}
