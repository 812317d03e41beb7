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
  ICardOutput,
  IArtifact,
  ICellRuns,
  IEdited,
  IExperiment,
  INotebookBinding,
  IImportance,
  IRunBrief,
  IRunDetail,
  IRunsChange,
  IRunsClient,
  IRunsQuery,
  IRunSummary,
  ISeries,
  ISeriesWindow,
  IStatus,
  IStatusQuery,
  ITableAnswer,
  ITableLines,
  ITableOffer,
  ITableQuery,
  ITableScope,
  ITableSelection,
  IUserSettings,
  RunsChange
} from './tokens';

/** Runs whose store is remembered. */
const MOST_REMEMBERED = 20_000;

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
    this._onlyStore = options.store;
    this._events = options.events ?? null;
    this._events?.stream.connect(this._onEvent, this);
  }

  get runsChanged(): ISignal<IRunsClient, IRunsChange> {
    return this._runsChanged;
  }

  get storeChosen(): ISignal<IRunsClient, string> {
    return this._storeChosen;
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

  status(query: IStatusQuery = {}): Promise<IStatus> {
    const { kernel, notebook, all } = query;
    return this._get('status', { kernel, notebook, all: all ? 1 : undefined });
  }

  get onlyStore(): string | null {
    return this._onlyStore ?? null;
  }

  async experiments(notebook?: string, store?: string): Promise<IExperiment[]> {
    const answer = await this._get<{ experiments: IExperiment[] }>(
      'experiments',
      store ? { store } : { notebook }
    );
    return answer.experiments;
  }

  notebook(path: string): Promise<INotebookBinding> {
    return this._get('notebooks', { path });
  }

  async bindNotebook(
    binding: Partial<INotebookBinding> & { path: string; kernel?: string }
  ): Promise<INotebookBinding> {
    const bound = await this._http.json<INotebookBinding>({
      method: 'PUT',
      path: 'notebooks',
      data: binding
    });
    if ('store' in binding) {
      this._storeChosen.emit(binding.path);
    }
    return bound;
  }

  applySettings(settings: IUserSettings): Promise<IUserSettings> {
    return this._http.json({ method: 'PUT', path: 'settings', data: settings });
  }

  async runs(
    query: IRunsQuery
  ): Promise<{ runs: IRunSummary[]; total: number }> {
    const { ids } = query;
    const store =
      query.store ?? (ids?.length ? this._storeOf(ids[0]) : this._onlyStore);
    const page = await this._get<{
      runs: IRunSummary[];
      total: number;
      store: string;
    }>('runs', { ...query, store, ids: ids?.join(',') });
    page.runs.forEach(run => this._remember(run.run_id, page.store));
    return page;
  }

  async table(query: ITableQuery): Promise<ITableAnswer> {
    const answer = await this._ask<ITableAnswer & { store?: string }>(
      'runs/table',
      query
    );
    answer.rows.id.forEach(id => this._remember(id, answer.store));
    return answer;
  }

  tableColumns(
    selection: ITableSelection & { compare?: boolean }
  ): Promise<{ runs: number; columns: ITableOffer[]; more: number }> {
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
      params: { store: store ?? this._storeOf(runIds[0] ?? '') },
      data: { run_ids: runIds, ...change }
    });
  }

  async notebookCells(path: string): Promise<ICellRuns[]> {
    return (
      await this._get<{ cells: ICellRuns[] }>('runs/cells', { notebook: path })
    ).cells;
  }

  run(runId: string): Promise<IRunDetail> {
    return this._get(`runs/${encodeURIComponent(runId)}`, {
      store: this._storeOf(runId)
    });
  }

  async series(
    runId: string,
    keys?: readonly string[],
    points?: number,
    window?: ISeriesWindow
  ): Promise<ISeries[]> {
    const path = `runs/${encodeURIComponent(runId)}/series`;
    const answer = await this._get<{ series: ISeries[] }>(path, {
      key: keys,
      points,
      first_step: window?.firstStep,
      last_step: window?.lastStep,
      first_time: window?.firstTime,
      last_time: window?.lastTime,
      store: this._storeOf(runId)
    });
    return answer.series;
  }

  compare(
    runIds: readonly string[]
  ): Promise<{ runs: IRunBrief[]; missing: string[] }> {
    return this._get('compare', {
      ids: runIds.join(','),
      store: runIds.length > 0 ? this._storeOf(runIds[0]) : undefined
    });
  }

  importance(runIds: readonly string[], metric: string): Promise<IImportance> {
    return this._http.json({
      method: 'POST',
      path: 'compare/importance',
      params: {
        store: runIds.length > 0 ? this._storeOf(runIds[0]) : undefined
      },
      data: { run_ids: [...runIds], metric }
    });
  }

  async artifacts(runId: string, path = ''): Promise<IArtifact[]> {
    const route = `runs/${encodeURIComponent(runId)}/artifacts`;
    const store = this._storeOf(runId);
    const answer = await this._get<{ files: IArtifact[] }>(route, {
      path,
      store
    });
    return answer.files;
  }

  artifactText(runId: string, path: string, limit = 65536): Promise<string> {
    return this._http.text(this._content(runId, path), limit);
  }

  artifactBlob(runId: string, path: string): Promise<Blob> {
    return this._http.blob(this._content(runId, path));
  }

  artifactUrl(runId: string, path: string): string {
    const { path: route, params } = this._content(runId, path);
    return (
      URLExt.join(this._baseUrl, route) +
      URLExt.objectToQueryString({ ...params, download: '1' })
    );
  }

  async anchors(kernelId: string): Promise<IAnchor[]> {
    const path = `kernels/${encodeURIComponent(kernelId)}/anchors`;
    return (await this._get<{ anchors: IAnchor[] }>(path)).anchors;
  }

  async cards(kernelId: string): Promise<ICardOutput[]> {
    const path = `kernels/${encodeURIComponent(kernelId)}/cards`;
    return (await this._get<{ cards: ICardOutput[] }>(path)).cards;
  }

  async chart(anchor: Omit<IAnchor, 'open'>): Promise<Record<string, unknown>> {
    const { anchor: id, cell_id, execution_count, run_ids } = anchor;
    const answer = await this._http.json<{ bundle: Record<string, unknown> }>({
      method: 'POST',
      path: 'charts',
      data: {
        anchor: id,
        cell_id,
        execution_count,
        run_ids,
        store: run_ids.length > 0 ? this._storeOf(run_ids[0]) : undefined
      }
    });
    return answer.bundle;
  }

  storeOf(runId: string): string | null {
    return this._storeOf(runId) ?? null;
  }

  place(runIds: readonly string[], store: string): void {
    runIds.forEach(id => this._remember(id, store));
  }

  /** A question to the runs table; which store it is about stands in the address. */
  private _ask<T>(path: string, question: ITableScope): Promise<T> {
    const { store, ...data } = question;
    const notebook = question.notebook ?? undefined;
    const params = store ? { store } : { notebook };
    return this._http.json<T>({ method: 'POST', path, params, data });
  }

  /** The store that is asked about, or that a run was seen in. */
  private _storeOf(runId: string): string | undefined {
    return this._onlyStore ?? this._stores.get(runId);
  }

  private _remember(runId: string, store: string | null | undefined): void {
    if (!store) {
      return;
    }
    this._stores.delete(runId);
    this._stores.set(runId, store);
    if (this._stores.size > MOST_REMEMBERED) {
      this._stores.delete(this._stores.keys().next().value as string);
    }
  }

  private _content(
    runId: string,
    path: string
  ): { path: string; params: Record<string, string> } {
    const store = this._storeOf(runId);
    return {
      path: `runs/${encodeURIComponent(runId)}/artifacts/content`,
      params: { path, ...(store ? { store } : {}) }
    };
  }

  private _get<T>(path: string, params: IRequest['params'] = {}): Promise<T> {
    return this._http.json<T>({ method: 'GET', path, params });
  }

  private _onEvent(_: Event.IManager, emission: Event.Emission): void {
    const change = decodeRunsChanged(emission);
    if (change) {
      change.runs.forEach(run => this._remember(run.run_id, run.store));
      this._runsChanged.emit(change);
    }
  }

  private _baseUrl: string;
  private _onlyStore: string | undefined;
  private _http: Http;
  private _events: Event.IManager | null;
  private _runsChanged = new Signal<IRunsClient, IRunsChange>(this);
  private _storeChosen = new Signal<IRunsClient, string>(this);
  /** Where runs were seen, the latest last. */
  private _stores = new Map<string, string>();
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
