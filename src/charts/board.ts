import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { PlotCard } from './card';
import type { IDomain } from './axes';
import type { IChartOptions, IChartRun, IChartSeries } from './data';
import type { ChartEngine } from './engine';
import { figureOf } from './figure';
import { type FetchFiner, windowOf, withFiner } from './finer';
import type { Pacer } from './pacer';
import { arrange, type IPlot, singles } from './plots';
import { Tooltip } from './pointer';
import { specOf } from './spec';
import { StaticView, VEGALITE_MIME } from './staticView';
import { LiveView } from './liveView';
import { themeOf } from './theme';
import { ValueList } from './values';
import type { IChartView } from './view';

/** Plots that are shown before "Show more". */
const FIRST_PLOTS = 12;

const GAP = 12;
const MIN_WIDTH = 260;
const MAX_WIDTH = 560;

/** What a board shows. */
export interface IBoardInput {
  readonly runs: readonly IChartRun[];
  readonly options: IChartOptions;
  /** Points are still coming. */
  readonly live: boolean;
}

/** A grid of plots, one per metric, or one for all. */
export class ChartBoard extends Widget {
  constructor(options: ChartBoard.IOptions) {
    super();
    this.addClass('jp-Cellruns-board');
    this.trans = options.trans;
    this._rendermime = options.rendermime;
    this._engine = options.engine;
    this._pacer = options.pacer;
    this._fetchFiner = options.finer ?? null;
    this._keepViews = options.keepViews === true;
    this._grid = document.createElement('div');
    this._grid.className = 'jp-Cellruns-grid';
    this._more = this._button('jp-Cellruns-more', () => {
      this._all = true;
      this._arrange();
    });
    this._fold = this._button('jp-Cellruns-fold', () => {
      this._unfolded = !this._unfolded;
      this._arrange();
    });
    this._systemGrid = document.createElement('div');
    this._systemGrid.className = 'jp-Cellruns-grid';
    this.node.append(
      this._values.node,
      this._grid,
      this._more,
      this._fold,
      this._systemGrid
    );
    this._sight = new IntersectionObserver(
      entries => this._onSight(entries),
      // A chart is drawn a little before it scrolls into view.
      { rootMargin: '80px' }
    );
    this._resize = new ResizeObserver(() => this._onResize());
    this._resize.observe(this.node);
    document.addEventListener('visibilitychange', this);
  }

  readonly trans: TranslationBundle;
  readonly tooltip = new Tooltip();

  /** Show something else, or more of the same. */
  set(input: IBoardInput): void {
    const before = this._input?.options;
    const { options } = input;
    if (before?.x !== options.x || before.xMetric !== options.xMetric) {
      this._zooms.clear();
      this._finer.clear();
    }
    this._input = input;
    this._arrange();
  }

  /** Colours of the page have changed. */
  restyle(): void {
    this._theme = null;
    this._arrange();
  }

  createView(live: boolean): IChartView {
    const ready = this._rendermime.getFactory(VEGALITE_MIME) !== undefined;
    return live || this._keepViews || !ready
      ? new LiveView(this._engine())
      : new StaticView(this._rendermime);
  }

  request(card: PlotCard): void {
    if (card.isStale && card.isVisible) {
      this._pacer.request(card);
    }
  }

  zoom(card: PlotCard, zoom: IDomain | null): void {
    const id = [...this._cards].find(([, entry]) => entry.card === card)?.[0];
    const plot = id === undefined ? undefined : this._plots.get(id);
    if (id === undefined || !plot) {
      return;
    }
    this._finer.delete(id);
    if (zoom) {
      this._zooms.set(id, zoom);
      void this._refine(id, plot, zoom);
    } else {
      this._zooms.delete(id);
    }
    this._arrange();
  }

  /** The plots that are shown as SVG, in their order. */
  async pictures(): Promise<
    { title: string; svg: string; width: number; height: number }[]
  > {
    const engine = await this._engine();
    const cards = [
      ...this._grid.children,
      ...this._systemGrid.children
    ].flatMap(node => this._byNode.get(node)?.drawing ?? []);
    return Promise.all(
      cards.map(async ({ title, figure, shape, size }) => {
        const view = engine.view(specOf(shape, size, figure), null);
        const svg = await view.toSVG();
        view.finalize();
        return { title, svg, ...size };
      })
    );
  }

  point(x: number | null): void {
    this._cards.forEach(({ card }) => card.point(x));
  }

  handleEvent(event: Event): void {
    if (event.type === 'visibilitychange' && !document.hidden) {
      this._requestAll();
    }
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    document.removeEventListener('visibilitychange', this);
    this._sight.disconnect();
    this._resize.disconnect();
    this._cards.forEach(({ card }) => this._drop(card));
    this._cards.clear();
    this.tooltip.hide();
    super.dispose();
  }

  protected override onAfterShow(_: Message): void {
    this._requestAll();
  }

  protected override onAfterAttach(_: Message): void {
    this._theme = null;
    this._onResize();
    this._requestAll();
  }

  protected override onBeforeDetach(_: Message): void {
    this.tooltip.hide();
  }

  private _arrange(): void {
    const input = this._input;
    if (!input || this._width <= 0) {
      return;
    }
    const { runs } = input;
    // With several runs the table of runs has the single values.
    this._values.set(runs.length === 1 ? singles(runs) : [], runs[0]);
    const plots = arrange(runs, input.options);
    const own = plots.filter(plot => !plot.system);
    const system = plots.filter(plot => plot.system);
    const shown = this._all ? own : own.slice(0, FIRST_PLOTS);
    const open = this._unfolded ? system : [];
    const kept = new Set([...shown, ...open].map(plot => plot.id));
    for (const [id, { card }] of this._cards) {
      if (!kept.has(id)) {
        this._drop(card);
        this._cards.delete(id);
      }
    }
    this._place(shown, this._grid, input);
    this._place(open, this._systemGrid, input);
    const hidden = own.length - shown.length;
    this._more.hidden = hidden <= 0;
    setLabel(this._more, this.trans.__('Show %1 more metrics', hidden));
    this._fold.hidden = system.length === 0;
    this._fold.setAttribute('aria-expanded', String(this._unfolded));
    setLabel(this._fold, this.trans.__('System metrics (%1)', system.length));
  }

  private _place(
    plots: readonly IPlot[],
    grid: HTMLElement,
    input: IBoardInput
  ): void {
    const columns = Math.max(
      1,
      Math.min(
        plots.length,
        Math.floor((this._width + GAP) / (MIN_WIDTH + GAP))
      )
    );
    const wide = plots.length === 1;
    const width = Math.floor(
      Math.min(
        (this._width - GAP * (columns - 1)) / columns,
        wide ? 1.5 * MAX_WIDTH : MAX_WIDTH
      )
    );
    const height = plots[0]?.id === '*' ? 260 : wide ? 200 : 148;
    grid.style.gridTemplateColumns = `repeat(${columns}, ${width}px)`;
    plots.forEach((plot, i) => {
      let entry = this._cards.get(plot.id);
      if (!entry) {
        entry = { card: new PlotCard(this), version: '' };
        this._cards.set(plot.id, entry);
        this._byNode.set(entry.card.node, entry.card);
        this._sight.observe(entry.card.node);
      }
      const { card } = entry;
      if (grid.children[i] !== card.node) {
        grid.insertBefore(card.node, grid.children[i] ?? null);
      }
      this._theme ??= themeOf(this.node);
      const theme = this._theme;
      const size = { width, height };
      const { runs, options, live } = input;
      this._plots.set(plot.id, plot);
      const zoom = this._zooms.get(plot.id) ?? null;
      const finer = this._finer.get(plot.id);
      const version = JSON.stringify([
        zoom,
        finer && [...finer.values()].map(series => series.version),
        plot.lines.map(line => {
          const run = runs.find(r => r.run === line.run);
          return [line, run?.name, run?.series.get(line.key)?.version];
        }),
        options,
        theme,
        size,
        runs.length > 1
      ]);
      if (version === entry.version) {
        return;
      }
      entry.version = version;
      card.set({
        plot,
        options,
        theme,
        size,
        live,
        many: runs.length > 1,
        zoom,
        figure: () =>
          figureOf(plot, {
            runs: finer ? runs.map(run => withFiner(run, finer)) : runs,
            options,
            dark: theme.dark,
            live,
            width,
            zoom
          }),
        runName: id => runs.find(run => run.run === id)?.name ?? id
      });
      this.request(card);
    });
  }

  /** Fetch the points that a zoomed plot lacks. */
  private async _refine(id: string, plot: IPlot, zoom: IDomain): Promise<void> {
    const input = this._input;
    const fetch = this._fetchFiner;
    if (!input || !fetch) {
      return;
    }
    const finer = new Map<string, IChartSeries>();
    await Promise.all(
      plot.lines.map(async line => {
        const run = input.runs.find(one => one.run === line.run);
        const series = run?.series.get(line.key);
        const window =
          run && series && !series.low && !series.xs
            ? windowOf(run, series, input.options.x, zoom)
            : null;
        const found = window && (await fetch(line.run, line.key, window));
        if (found) {
          finer.set(`${line.run} ${line.key}`, found);
        }
      })
    );
    if (!this.isDisposed && this._zooms.get(id) === zoom && finer.size > 0) {
      this._finer.set(id, finer);
      this._arrange();
    }
  }

  private _requestAll(): void {
    this._cards.forEach(({ card }) => this.request(card));
  }

  private _drop(card: PlotCard): void {
    this._pacer.cancel(card);
    this._sight.unobserve(card.node);
    card.dispose();
  }

  private _onSight(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const card = this._byNode.get(entry.target);
      if (card) {
        card.onScreen = entry.isIntersecting;
        this.request(card);
      }
    }
  }

  private _onResize(): void {
    const width = Math.floor(this.node.clientWidth);
    if (width > 0 && width !== this._width) {
      this._width = width;
      this._arrange();
    }
  }

  private _button(className: string, onClick: () => void): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = `jp-Cellruns-textButton ${className}`;
    button.hidden = true;
    button.addEventListener('click', onClick);
    return button;
  }

  private _rendermime: IRenderMimeRegistry;
  private _engine: () => Promise<ChartEngine>;
  private _pacer: Pacer;
  private _values = new ValueList();
  private _grid: HTMLElement;
  private _systemGrid: HTMLElement;
  private _more: HTMLButtonElement;
  private _fold: HTMLButtonElement;
  private _input: IBoardInput | null = null;
  private _theme: ReturnType<typeof themeOf> | null = null;
  private _cards = new Map<string, { card: PlotCard; version: string }>();
  private _byNode = new WeakMap<Element, PlotCard>();
  private _sight: IntersectionObserver;
  private _resize: ResizeObserver;
  private _keepViews: boolean;
  private _fetchFiner: FetchFiner | null;
  private _plots = new Map<string, IPlot>();
  private _zooms = new Map<string, IDomain>();
  private _finer = new Map<string, ReadonlyMap<string, IChartSeries>>();
  private _width = 0;
  private _all = false;
  private _unfolded = false;
}

/** Namespace for `ChartBoard`. */
export namespace ChartBoard {
  /** Options of a board. */
  export interface IOptions {
    rendermime: IRenderMimeRegistry;
    /** Loads the engine of live charts, once. */
    engine: () => Promise<ChartEngine>;
    pacer: Pacer;
    /** Fetches more points for a part that is zoomed into. */
    finer?: FetchFiner;
    /** Draw with kept views also where nothing is live. */
    keepViews?: boolean;
    trans: TranslationBundle;
  }
}

function setLabel(button: HTMLButtonElement, label: string): void {
  if (button.textContent !== label) {
    button.textContent = label;
  }
}
