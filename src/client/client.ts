import { URLExt } from '@jupyterlab/coreutils';
import type { Event, ServerConnection } from '@jupyterlab/services';
import {
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { decodeRunsChanged } from './events';
import { Http, type IRequest } from './http';
import type {
  IAnchor,
  IArtifact,
  ICellRuns,
  IEdited,
  IExperiment,
  INotebookBinding,
  IRunDetail,
  IRunsChange,
  IRunsClient,
  IRunsQuery,
  IRunSummary,
  ISeries,
  IStatus,
  ITableAnswer,
  ITableLines,
  ITableOffer,
  ITableQuery,
  ITableScope,
  ITableSelection,
  IUserSettings,
  RunsChange
} from './tokens';

/** The REST client of the Cellruns server extension. */
export class RunsClient implements IRunsClient, IDisposable {
  constructor(options: RunsClient.IOptions) {
    const trans = options.trans ?? nullTranslator.load('jupyterlab_cellruns');
    this._baseUrl = URLExt.join(options.serverSettings.baseUrl, 'cellruns');
    this._http = new Http({
      baseUrl: this._baseUrl,
      token: options.serverSettings.token,
      trans,
      params: options.store ? { store: options.store } : undefined
    });
    this._store = options.store;
    this._events = options.events ?? null;
    this._events?.stream.connect(this._onEvent, this);
  }

  get runsChanged(): ISignal<IRunsClient, IRunsChange> {
    return this._runsChanged;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    Signal.clearData(this);
  }

  status(kernelId?: string): Promise<IStatus> {
    return this._get('status', { kernel: kernelId });
  }

  async experiments(): Promise<IExperiment[]> {
    return (await this._get<{ experiments: IExperiment[] }>('experiments'))
      .experiments;
  }

  notebook(path: string): Promise<INotebookBinding> {
    return this._get('notebooks', { path });
  }

  bindNotebook(
    binding: Partial<INotebookBinding> & { path: string; kernel?: string }
  ): Promise<INotebookBinding> {
    return this._http.json({ method: 'PUT', path: 'notebooks', data: binding });
  }

  applySettings(settings: IUserSettings): Promise<IUserSettings> {
    return this._http.json({ method: 'PUT', path: 'settings', data: settings });
  }

  runs(query: IRunsQuery): Promise<{ runs: IRunSummary[]; total: number }> {
    return this._get('runs', { ...query, ids: query.ids?.join(',') });
  }

  table(query: ITableQuery): Promise<ITableAnswer> {
    return this._ask('runs/table', query);
  }

  tableColumns(
    selection: ITableSelection & { compare?: boolean }
  ): Promise<{ runs: number; columns: ITableOffer[] }> {
    return this._ask('runs/table/columns', selection);
  }

  async warmTable(scope: ITableScope): Promise<void> {
    await this._ask('runs/table/warm', scope);
  }

  async tableValues(
    scope: ITableScope & { column: string; prefix: string }
  ): Promise<string[]> {
    return (await this._ask<{ values: string[] }>('runs/table/values', scope))
      .values;
  }

  async tableIds(
    lines: ITableLines & { first: number; last: number }
  ): Promise<string[]> {
    return (await this._ask<{ ids: string[] }>('runs/table/ids', lines)).ids;
  }

  editRuns(
    runIds: readonly string[],
    change: RunsChange,
    store?: string
  ): Promise<IEdited> {
    return this._http.json({
      method: 'POST',
      path: 'runs/edit',
      params: { store },
      data: { run_ids: runIds, ...change }
    });
  }

  async notebookCells(path: string): Promise<ICellRuns[]> {
    return (
      await this._get<{ cells: ICellRuns[] }>('runs/cells', { notebook: path })
    ).cells;
  }

  run(runId: string): Promise<IRunDetail> {
    return this._get(`runs/${encodeURIComponent(runId)}`);
  }

  async series(
    runId: string,
    keys?: readonly string[],
    points?: number
  ): Promise<ISeries[]> {
    const path = `runs/${encodeURIComponent(runId)}/series`;
    return (await this._get<{ series: ISeries[] }>(path, { key: keys, points }))
      .series;
  }

  async artifacts(runId: string, path = ''): Promise<IArtifact[]> {
    const route = `runs/${encodeURIComponent(runId)}/artifacts`;
    return (await this._get<{ files: IArtifact[] }>(route, { path })).files;
  }

  artifactText(runId: string, path: string, limit = 65536): Promise<string> {
    return this._http.text(Private.content(runId, path), limit);
  }

  artifactBlob(runId: string, path: string): Promise<Blob> {
    return this._http.blob(Private.content(runId, path));
  }

  artifactUrl(runId: string, path: string): string {
    const { path: route, params } = Private.content(runId, path);
    return (
      URLExt.join(this._baseUrl, route) +
      URLExt.objectToQueryString({
        ...params,
        ...(this._store ? { store: this._store } : {}),
        download: '1'
      })
    );
  }

  async anchors(kernelId: string): Promise<IAnchor[]> {
    const path = `kernels/${encodeURIComponent(kernelId)}/anchors`;
    return (await this._get<{ anchors: IAnchor[] }>(path)).anchors;
  }

  async chart(anchor: Omit<IAnchor, 'open'>): Promise<Record<string, unknown>> {
    const { anchor: id, cell_id, execution_count, run_ids } = anchor;
    const answer = await this._http.json<{ bundle: Record<string, unknown> }>({
      method: 'POST',
      path: 'charts',
      data: { anchor: id, cell_id, execution_count, run_ids }
    });
    return answer.bundle;
  }

  /** A question to the runs table; which store it is about stands in the address. */
  private _ask<T>(path: string, question: ITableScope): Promise<T> {
    const { store, ...data } = question;
    const notebook = question.notebook ?? undefined;
    const params = store ? { store } : { notebook };
    return this._http.json<T>({ method: 'POST', path, params, data });
  }

  private _get<T>(path: string, params: IRequest['params'] = {}): Promise<T> {
    return this._http.json<T>({ method: 'GET', path, params });
  }

  private _onEvent(_: Event.IManager, emission: Event.Emission): void {
    const change = decodeRunsChanged(emission);
    if (change) {
      this._runsChanged.emit(change);
    }
  }

  private _baseUrl: string;
  private _store: string | undefined;
  private _http: Http;
  private _events: Event.IManager | null;
  private _runsChanged = new Signal<IRunsClient, IRunsChange>(this);
  private _isDisposed = false;
}

export namespace RunsClient {
  export interface IOptions {
    /** Where the Jupyter server is, and the token it wants, if any. */
    serverSettings: Pick<ServerConnection.ISettings, 'baseUrl' | 'token'>;
    /** The event stream that announces changed runs. */
    events?: Event.IManager;
    trans?: TranslationBundle;
    /** Ask about this store only, not about that of the notebook or the run. */
    store?: string;
  }
}

namespace Private {
  export function content(
    runId: string,
    path: string
  ): { path: string; params: { path: string } } {
    return {
      path: `runs/${encodeURIComponent(runId)}/artifacts/content`,
      params: { path }
    };
  }
}
