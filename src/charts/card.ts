import type { TranslationBundle } from '@jupyterlab/translation';

import type { IDomain } from './axes';
import type { IChartOptions, IChartTheme } from './data';
import type { IFigure, ITrace, OddKind } from './figure';
import { formatCount, formatValue } from './format';
import { fromPixel, innerSize, type ISize, PADDING } from './geometry';
import type { IPaced } from './pacer';
import type { IPlot } from './plots';
import { Crosshair, formatX, readingsAt, type Tooltip } from './pointer';
import { RangeDrag } from './rangeDrag';
import type { IChartView, IDrawing } from './view';

/** What a card shows. */
export interface ICardState {
  readonly plot: IPlot;
  readonly options: IChartOptions;
  readonly theme: IChartTheme;
  readonly size: ISize;
  /** Draw with the kept view. */
  readonly live: boolean;
  /** There are several runs. */
  readonly many: boolean;
  /** Part of x that is shown, in the units of `IFigureOptions.zoom`; null is all. */
  readonly zoom: IDomain | null;
  figure(): IFigure;
  runName(run: string): string;
}

/** What a card needs from the board it lies on. */
export interface ICardHost {
  readonly trans: TranslationBundle;
  readonly tooltip: Tooltip;
  readonly isVisible: boolean;
  createView(live: boolean): IChartView;
  /** Have a card drawn, if it is seen. */
  request(card: PlotCard): void;
  /** The pointer reads `x` in a card, or has left. */
  point(x: number | null): void;
  /** Show a part of x in a card, or all. */
  zoom(card: PlotCard, zoom: IDomain | null): void;
}

/** One plot with its title, legend and notes. */
export class PlotCard implements IPaced {
  constructor(host: ICardHost) {
    this._host = host;
    this.node = element('figure', 'jp-Cellruns-card');
    this._title = element('span', 'jp-Cellruns-card-title');
    this._legend = element('span', 'jp-Cellruns-card-legend');
    this._reset = document.createElement('button');
    this._reset.type = 'button';
    this._reset.className = 'jp-Cellruns-textButton jp-Cellruns-card-reset';
    this._reset.textContent = host.trans.__('Reset zoom');
    this._reset.hidden = true;
    this._reset.addEventListener('click', () => {
      this._host.zoom(this, null);
      this._plot.focus();
    });
    this._value = element('span', 'jp-Cellruns-card-value');
    const head = element('figcaption', 'jp-Cellruns-card-head');
    head.append(this._title, this._legend, this._reset, this._value);
    this._plot = element('div', 'jp-Cellruns-plot');
    this._plot.tabIndex = 0;
    this._plot.setAttribute('role', 'img');
    this._plot.append(this._crosshair.node, this._drag.node);
    this._note = element('span', 'jp-Cellruns-card-note');
    this._axis = element('span', 'jp-Cellruns-card-axis');
    const foot = element('div', 'jp-Cellruns-card-foot');
    foot.append(this._note, this._axis);
    this.node.append(head, this._plot, foot);
    this._drag.selected = (from, to) => this._zoomTo(from, to);
    this._plot.addEventListener('dblclick', this);
    this._plot.addEventListener('pointerdown', this);
    this._plot.addEventListener('pointermove', this);
    this._plot.addEventListener('pointerleave', this);
    this._plot.addEventListener('keydown', this);
    this._plot.addEventListener('blur', this);
  }

  readonly node: HTMLElement;

  /** The card is within the part of the page that is seen. */
  onScreen = false;

  get isVisible(): boolean {
    return this.onScreen && this._host.isVisible && !this._disposed;
  }

  /** The latest state is not drawn yet. */
  get isStale(): boolean {
    return this._stale;
  }

  /** Set what to show; it is drawn with the next `draw`. */
  set(state: ICardState): void {
    this._state = state;
    this._stale = true;
    this._plot.style.height = `${state.size.height}px`;
  }

  /** Draw what was set last; false while the code that draws is not there yet. */
  async draw(): Promise<boolean> {
    const state = this._state;
    if (!state || this._disposed) {
      return false;
    }
    this._stale = false;
    const figure = state.figure();
    let view = this._pending ?? this._view;
    if (!view || (state.live && !this._viewIsLive)) {
      this._pending?.dispose();
      this._pending = null;
      view = this._host.createView(state.live);
      this._viewIsLive = state.live;
    }
    if (view.ready) {
      // The pacer has others to draw meanwhile.
      this._stale = true;
      this._pending ??= view;
      void view.ready.then(
        () => this._host.request(this),
        () => this._fail()
      );
      return false;
    }
    this._pending = null;
    const { options, theme, size } = state;
    const shape = { x: options.x, log: figure.log, xLog: figure.xLog, theme };
    try {
      await view.draw({ figure, shape, size });
    } catch (error) {
      this._fail();
      throw error;
    }
    if (this._disposed) {
      view.dispose();
      return false;
    }
    if (view !== this._view) {
      // The old picture stays until the new one is there.
      this._view?.dispose();
      this._view = view;
      view.node.classList.add('jp-Cellruns-canvas');
      this._plot.prepend(view.node);
    }
    this._figure = figure;
    this._describe(state, figure);
    return true;
  }

  /** What it shows, for a picture; null before it was drawn. */
  get drawing(): (IDrawing & { readonly title: string }) | null {
    const state = this._state;
    const figure = this._figure;
    if (!state || !figure) {
      return null;
    }
    const { options, theme, size, plot } = state;
    return {
      title: plot.title || this._host.trans.__('All metrics'),
      figure,
      shape: { x: options.x, log: figure.log, xLog: figure.xLog, theme },
      size
    };
  }

  /** Show what the lines say at `x`, or nothing. */
  point(x: number | null): void {
    const figure = this._figure;
    const size = this._state?.size;
    if (size) {
      const readings = figure && x !== null ? readingsAt(figure, x) : [];
      this._crosshair.show(figure, size, readings);
    }
  }

  handleEvent(event: Event): void {
    if (event.type === 'dblclick') {
      this._host.zoom(this, null);
    } else if (event.type === 'pointerdown') {
      const { width } = innerSize(this._state?.size ?? { width: 0, height: 0 });
      this._drag.begin(event as PointerEvent, this._plot, width);
    } else if (event.type === 'pointermove') {
      const { clientX, clientY } = event as PointerEvent;
      const box = this._plot.getBoundingClientRect();
      this._read(clientX - box.left - PADDING.left, clientX, clientY);
    } else if (event.type === 'keydown') {
      this._onKey(event as KeyboardEvent);
    } else {
      this._leave();
    }
  }

  dispose(): void {
    this._leave();
    this._disposed = true;
    this._pending?.dispose();
    this._view?.dispose();
    this._view = null;
    this.node.remove();
  }

  private _onKey(event: KeyboardEvent): void {
    const { width } = innerSize(this._state?.size ?? { width: 0, height: 0 });
    const pixel = {
      ArrowLeft: this._key - (event.shiftKey ? 20 : 4),
      ArrowRight: this._key + (event.shiftKey ? 20 : 4),
      Home: 0,
      End: width
    }[event.key];
    if (event.key === 'Escape') {
      this._leave();
    }
    if (['+', '=', '-', '_', '0'].includes(event.key)) {
      event.preventDefault();
      event.stopPropagation();
      this._zoomByKey(event.key, width);
      return;
    }
    if (pixel === undefined) {
      return;
    }
    // Notebooks move between cells with the arrow keys.
    event.preventDefault();
    event.stopPropagation();
    this._key = Math.max(0, Math.min(width, pixel));
    const box = this._plot.getBoundingClientRect();
    this._read(this._key, box.left + PADDING.left + this._key, box.top + 20);
  }

  /** Twice as near around where the keys read, or half. */
  private _zoomByKey(key: string, width: number): void {
    const zoomed = this._state?.zoom;
    if (key === '0' || (!zoomed && (key === '-' || key === '_'))) {
      this._host.zoom(this, null);
      return;
    }
    const factor = key === '+' || key === '=' ? 0.25 : 1;
    this._zoomTo(this._key - factor * width, this._key + factor * width);
    this._key = width / 2;
  }

  /** Show what lies between two pixels. */
  private _zoomTo(from: number, to: number): void {
    const figure = this._figure;
    const state = this._state;
    if (!figure || !state) {
      return;
    }
    const { width } = innerSize(state.size);
    const at = (pixel: number): number =>
      fromPixel(pixel, figure.x, width, figure.xLog) * figure.xUnit;
    this._host.zoom(this, { min: at(from), max: at(to) });
  }

  private _read(pixel: number, clientX: number, clientY: number): void {
    const state = this._state;
    const figure = this._figure;
    if (!state || !figure) {
      return;
    }
    const { width } = innerSize(state.size);
    const inside = Math.max(0, Math.min(width, pixel));
    const x = fromPixel(inside, figure.x, width, figure.xLog);
    const readings = readingsAt(figure, x);
    if (readings.length === 0) {
      return;
    }
    this._key = inside;
    this._host.point(readings[0].x);
    const at = formatX(readings[0].x, state.options.x, figure.xSuffix);
    const { trans, tooltip } = this._host;
    tooltip.show(
      state.options.x === 'step' ? trans.__('Step %1', at) : at,
      readings,
      trace => this._nameOf(trace, state),
      { x: clientX, y: clientY },
      trans
    );
  }

  private _fail(): void {
    this._note.textContent = this._host.trans.__(
      'This chart could not be drawn; the data table has its values.'
    );
  }

  private _leave(): void {
    this._host.tooltip.hide();
    this._host.point(null);
  }

  private _nameOf(trace: ITrace, state: ICardState): string {
    const { plot, many } = state;
    const role = plot.roles[plot.keys.indexOf(trace.line.key)];
    const names = [
      many ? state.runName(trace.line.run) : '',
      plot.keys.length > 1 ? role : many ? '' : trace.line.key
    ];
    return names.filter(name => name).join(' · ');
  }

  private _describe(state: ICardState, figure: IFigure): void {
    const { plot, many, options } = state;
    const { trans } = this._host;
    const title = plot.title || trans.__('All metrics');
    setText(this._title, title);
    this._title.title = plot.keys.join(', ');
    this._describeLegend(state, figure);
    const [trace] = figure.traces;
    const single = !many && plot.keys.length === 1 && trace;
    setText(
      this._value,
      single ? formatValue(trace.values[trace.values.length - 1]) : ''
    );
    setText(this._note, this._notes(figure, state));
    this._note.title = this._note.textContent ?? '';
    setText(
      this._axis,
      {
        step: trans.__('step'),
        metric: options.xMetric ?? '',
        relative: trans.__('time since start'),
        wall: trans.__('time')
      }[options.x]
    );
    this._reset.hidden = state.zoom === null;
    this._plot.setAttribute(
      'aria-label',
      trans.__(
        'Chart of %1, %2 points. Arrow keys read the values, plus and minus zoom, 0 shows all.',
        title,
        formatCount(figure.count)
      )
    );
  }

  private _describeLegend(state: ICardState, figure: IFigure): void {
    const { plot, many } = state;
    const chips =
      plot.keys.length < 2
        ? []
        : plot.keys.map((key, k) => {
            const trace = figure.traces.find(t => t.line.key === key);
            return {
              name: plot.roles[k],
              // With many runs the colour tells the run, the dash the role.
              color: many ? 'currentcolor' : (trace?.color ?? 'currentcolor'),
              dash: trace?.dash ?? 0
            };
          });
    const key = JSON.stringify(chips);
    if (key === this._legendKey) {
      return;
    }
    this._legendKey = key;
    this._legend.replaceChildren(
      ...chips.map(({ name, color, dash }) => {
        const chip = element('span', 'jp-Cellruns-key');
        const swatch = element('span', 'jp-Cellruns-swatch');
        swatch.dataset.dash = String(dash);
        swatch.style.color = color;
        const text = element('span', 'jp-Cellruns-key-name');
        text.textContent = name;
        chip.title = name;
        chip.append(swatch, text);
        return chip;
      })
    );
  }

  private _notes(figure: IFigure, { options, zoom }: ICardState): string {
    const { trans } = this._host;
    const signs: Record<OddKind, string> = {
      nan: trans.__('✕ NaN'),
      high: trans.__('▲ +∞'),
      low: trans.__('▼ −∞'),
      nonpositive: trans.__('▼ ≤ 0')
    };
    const notes = [...figure.oddCounts].map(
      ([kind, count]) => `${signs[kind]}: ${formatCount(count)}`
    );
    if (options.log && !figure.log) {
      notes.push(trans.__('no value above 0 for a log scale'));
    }
    let odd = 0;
    figure.oddCounts.forEach(count => (odd += count));
    if (figure.drawn < figure.count - odd) {
      notes.push(
        trans.__(
          '%1 of %2 points, peaks kept',
          formatCount(figure.drawn),
          formatCount(figure.count)
        )
      );
    }
    if (zoom && figure.drawn >= figure.count - odd) {
      notes.push(
        trans.__('all %1 points of this part', formatCount(figure.count))
      );
    }
    if (options.smoothing > 0 && figure.drawn < figure.count - odd) {
      notes.push(trans.__('smoothed over the points drawn'));
    }
    return notes.join('  ·  ');
  }

  private _host: ICardHost;
  private _title: HTMLElement;
  private _legend: HTMLElement;
  private _value: HTMLElement;
  private _reset: HTMLButtonElement;
  private _drag = new RangeDrag();
  private _plot: HTMLElement;
  private _note: HTMLElement;
  private _axis: HTMLElement;
  private _crosshair = new Crosshair();
  private _view: IChartView | null = null;
  /** A view whose engine is still loading. */
  private _pending: IChartView | null = null;
  private _viewIsLive = false;
  private _state: ICardState | null = null;
  private _figure: IFigure | null = null;
  private _legendKey = '';
  private _key = 0;
  private _stale = false;
  private _disposed = false;
}

function element(tag: string, className: string): HTMLElement {
  const node = document.createElement(tag);
  node.className = className;
  return node;
}

/** Set a text only where it differs, so that nothing is laid out in vain. */
function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}
