import type { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { PartialJSONObject } from '@lumino/coreutils';
import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';
import * as React from 'react';

import { ChartBoard } from '../charts/board';
import type { ChartEngine } from '../charts/engine';
import type { IPaced, Pacer } from '../charts/pacer';
import { singles } from '../charts/plots';
import type { IRunsClient } from '../client/tokens';
import type { ILiveRuns } from '../live/tokens';
import type { IAgainst } from './against';
import { AgainstLine } from './againstLine';
import { DataTable } from './dataTable';
import { finerFrom } from './finer';
import { Header } from './header';
import { ChartModel } from './model';
import { CHART_MIME, decodePayload, type IPayload } from './payload';
import type { ChartPreferences } from './preferences';
import { RunsTable } from './runsTable';
import { Toolbar } from './toolbar';

/** Time until an output without runs is taken for an abandoned one, in ms. */
const FRESH = 5000;

/** The last of the looks back at runs that were over before their output was opened. */
let looking: Promise<void> = Promise.resolve();

/** Renders the chart output of a cell. */
export class InlineChart extends Panel implements IRenderMime.IRenderer {
  constructor(options: InlineChart.IOptions) {
    super();
    this.addClass('jp-Cellruns-inline');
    this._options = options;
    this._model = new ChartModel({
      live: options.live,
      client: options.client,
      finish: (payload, runIds) => void this._finish(payload, runIds)
    });
    this._model.changed.connect(this._onChanged, this);
    options.preferences.changed.connect(this._update, this);
    this._head = new View(() => this._renderHead());
    this._foot = new View(() => this._renderFoot());
    this.addWidget(this._head);
    this.addWidget(this._foot);
  }

  /** Render a chart output. May be called again when the output changes. */
  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this._mimeModel = model;
    try {
      const payload = decodePayload(model.data[CHART_MIME]);
      this._fault = '';
      this._model.setPayload(payload);
      if (this._model.isOpening && !this._model.hasKernel) {
        // The kernel is heard a moment later, or it is long gone.
        this._fresh = true;
        window.setTimeout(() => {
          this._fresh = false;
          this._update();
        }, FRESH);
      }
    } catch (error) {
      this._fault = (error as Error).message;
      this._head.update();
    }
    return Promise.resolve();
  }

  /** Colours of the page have changed. */
  restyle(): void {
    this._board?.restyle();
    this._foot.update();
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    window.clearInterval(this._tick);
    this._options.pacer.cancel(this._texts);
    this._options.preferences.changed.disconnect(this._update, this);
    this._model.dispose();
    super.dispose();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._onChanged();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._update();
  }

  protected override onBeforeDetach(msg: Message): void {
    super.onBeforeDetach(msg);
    window.clearInterval(this._tick);
    this._tick = 0;
  }

  private _onChanged(): void {
    this._lookBack();
    this._update();
  }

  private _update(): void {
    if (this.isDisposed || !this.isAttached) {
      return;
    }
    const { runs, isLive } = this._model;
    if (this._hasMetrics && !this._board) {
      const { rendermime, engine, pacer, trans, client } = this._options;
      const finer = client ? finerFrom(client) : undefined;
      this._board = new ChartBoard({
        rendermime,
        engine,
        pacer,
        trans,
        finer
      });
      this.insertWidget(1, this._board);
    }
    this._options.pacer.request(this._texts);
    this._board?.set({
      runs,
      live: isLive,
      options: this._options.preferences.get(this._model.anchor)
    });
    if (isLive && this._tick === 0) {
      // The duration goes on where nothing is logged.
      this._tick = window.setInterval(() => this._update(), 1000);
    } else if (!isLive) {
      window.clearInterval(this._tick);
      this._tick = 0;
    }
  }

  private get _hasMetrics(): boolean {
    return this._model.runs.some(run => run.series.size > 0);
  }

  private _renderHead(): JSX.Element {
    const { trans, preferences } = this._options;
    const { runs, runsTotal, isLive, isOpening, anchor, hasKernel } =
      this._model;
    if (this._fault) {
      return (
        <div className="jp-Cellruns-inline-header" role="alert">
          {trans.__('This chart cannot be shown: %1', this._fault)}
        </div>
      );
    }
    const keys = new Set(runs.flatMap(run => [...run.series.keys()]));
    return (
      <>
        <Header
          runs={runs}
          total={runsTotal}
          live={isLive || hasKernel || this._fresh}
          opening={isOpening && (hasKernel || this._fresh)}
          now={Date.now()}
          trans={trans}
        />
        {this._against && this._model.runs.length === 1 && (
          <AgainstLine
            against={this._against}
            trans={trans}
            onCompare={this._compare(this._against)}
          />
        )}
        {this._hasMetrics && (
          <Toolbar
            options={preferences.get(anchor)}
            curves={keys.size - singles(runs).length}
            table={this._table}
            onOptions={options => {
              preferences.set(anchor, options);
              this._update();
              this._head.update();
            }}
            onTable={table => {
              this._table = table;
              this._head.update();
              this._foot.update();
            }}
            trans={trans}
          />
        )}
      </>
    );
  }

  private _renderFoot(): JSX.Element {
    const { runs, isLive } = this._model;
    const { trans } = this._options;
    return (
      <>
        {runs.length > 1 && (
          <RunsTable
            runs={runs}
            live={isLive}
            now={Date.now()}
            dark={document.body.dataset.jpThemeLight === 'false'}
            trans={trans}
          />
        )}
        {this._table && <DataTable runs={runs} trans={trans} />}
      </>
    );
  }

  /** The output's one run has ended, now or long ago: what changed since the last one, and what did it do? */
  private _lookBack(): void {
    const { client } = this._options;
    const [run, other] = this._model.runs;
    if (!client || !run || other || run.status === 'RUNNING') {
      return;
    }
    const { ended, store } = this._model;
    if (
      this._lookedBack === run.run ||
      !(run.live || (ended && this.isAttached))
    ) {
      return;
    }
    this._lookedBack = run.run;
    const isWanted = (): boolean =>
      !this.isDisposed && this._lookedBack === run.run;
    // What was long over is looked at one after the other: a notebook may hold many outputs.
    const turn = run.live ? Promise.resolve() : looking;
    const done = turn
      .then(() => import('./against'))
      .then(({ againstLast }) =>
        isWanted()
          ? againstLast(client, run, {
              store,
              justEnded: run.live !== undefined,
              below: cellId => this._options.below(this.node, cellId),
              isWanted
            })
          : null
      )
      .then(against => {
        if (isWanted()) {
          this._against = against;
          this._head.update();
        }
      })
      .catch(reason => {
        // The store may be away; the chart is complete without.
        console.warn('Cellruns: no comparison with the last run:', reason);
      });
    if (!run.live) {
      looking = done;
    }
  }

  /** Put the final output, made from the store, into the notebook. */
  private async _finish(
    payload: IPayload,
    runIds: readonly string[]
  ): Promise<void> {
    const model = this._mimeModel;
    if (!model || !this._options.client) {
      return;
    }
    let bundle: Record<string, unknown>;
    try {
      bundle = await this._options.client.chart({
        anchor: payload.anchor,
        cell_id: payload.cellId,
        execution_count: payload.executionCount,
        run_ids: [...runIds]
      });
    } catch (error) {
      console.warn('Cellruns: no final chart from the store:', error);
      return;
    }
    const now = model.data[CHART_MIME] as { ended?: unknown } | undefined;
    // Another view of the same notebook, or the kernel, may have been first.
    if (this.isDisposed || model !== this._mimeModel || now?.ended === true) {
      return;
    }
    model.setData({
      data: { ...model.data, ...(bundle as PartialJSONObject) },
      metadata: model.metadata
    });
  }

  private _compare(against: IAgainst): (() => void) | null {
    const { compare } = this._options;
    const run = this._lookedBack;
    return compare && (() => compare([against.previous.id, run]));
  }

  private _options: InlineChart.IOptions;
  private _against: IAgainst | null = null;
  private _lookedBack = '';
  private _model: ChartModel;
  private _mimeModel: IRenderMime.IMimeModel | null = null;
  private _head: View;
  private _foot: View;
  private _board: ChartBoard | null = null;
  private _table = false;
  private _fault = '';
  private _fresh = false;
  private _tick = 0;
  private _texts: IPaced = {
    isVisible: true,
    draw: () => {
      this._head.update();
      this._foot.update();
    }
  };
}

/** Namespace for `InlineChart`. */
export namespace InlineChart {
  /** Options of a renderer. */
  export interface IOptions {
    live: ILiveRuns | null;
    client: IRunsClient | null;
    preferences: ChartPreferences;
    rendermime: IRenderMimeRegistry;
    /** Loads the engine of live charts, once. */
    engine: () => Promise<ChartEngine>;
    pacer: Pacer;
    /** Opens runs side by side; null where that cannot be. */
    compare: ((runIds: readonly string[]) => void) | null;
    /** Ids of the cells below a cell in the notebook that a node is in. */
    below: (node: HTMLElement, cellId: string) => ReadonlySet<string>;
    trans: TranslationBundle;
  }
}

/** A React view that a function renders. */
class View extends ReactWidget {
  constructor(body: () => JSX.Element) {
    super();
    this._body = body;
  }

  protected override render(): JSX.Element {
    return this._body();
  }

  private _body: () => JSX.Element;
}
