import type { TranslationBundle } from '@jupyterlab/translation';

import type { IChartOptions } from './data';
import type { IFigure, ITrace } from './figure';
import { formatValue } from './format';
import { innerSize, type ISize, nearest, PADDING, toPixel } from './geometry';

const SVG = 'http://www.w3.org/2000/svg';

/** Lines that a reading lists. */
const MAX_ROWS = 14;

/** A line's values at the x that the pointer reads. */
export interface IReading {
  readonly trace: ITrace;
  readonly x: number;
  readonly value: number;
  readonly smoothed: number | null;
}

/** What all lines of a figure say near `x`. */
export function readingsAt(figure: IFigure, x: number): IReading[] {
  return figure.traces.flatMap(trace => {
    const i = nearest(trace.xs, x);
    return i < 0
      ? []
      : [
          {
            trace,
            x: trace.xs[i],
            value: trace.values[i],
            smoothed: trace.smoothed?.[i] ?? null
          }
        ];
  });
}

/** Text of an x value. */
export function formatX(
  x: number,
  axis: IChartOptions['x'],
  suffix: string
): string {
  if (axis === 'wall') {
    return new Date(x).toLocaleString();
  }
  if (axis === 'step' || axis === 'metric') {
    return axis === 'step' ? String(x) : formatValue(x);
  }
  return `${Number(x.toPrecision(5))} ${suffix}`;
}

/** A line across the plot and dots on the curves, drawn over the chart. */
export class Crosshair {
  constructor() {
    this.node = document.createElementNS(SVG, 'svg');
    this.node.setAttribute('class', 'jp-Cellruns-crosshair');
    this.node.setAttribute('aria-hidden', 'true');
  }

  readonly node: SVGSVGElement;

  /** Show readings, or nothing. */
  show(figure: IFigure | null, size: ISize, readings: IReading[]): void {
    this.node.replaceChildren();
    if (!figure || readings.length === 0) {
      return;
    }
    const { width, height } = innerSize(size);
    const left = (x: number): number =>
      PADDING.left + toPixel(x, figure.x, width, figure.xLog);
    const at = left(readings[0].x);
    const rule = document.createElementNS(SVG, 'line');
    rule.setAttribute('x1', String(at));
    rule.setAttribute('x2', String(at));
    rule.setAttribute('y1', String(PADDING.top));
    rule.setAttribute('y2', String(PADDING.top + height));
    this.node.appendChild(rule);
    for (const { x, value, smoothed, trace } of readings) {
      const shown = smoothed ?? value;
      if (!Number.isFinite(shown) || (figure.log && shown <= 0)) {
        continue;
      }
      const dot = document.createElementNS(SVG, 'circle');
      dot.setAttribute('cx', String(left(x)));
      dot.setAttribute(
        'cy',
        String(
          PADDING.top + height - toPixel(shown, figure.y, height, figure.log)
        )
      );
      dot.setAttribute('r', '3.5');
      dot.setAttribute('fill', trace.color);
      this.node.appendChild(dot);
    }
  }
}

/** The small table beside the pointer. There is one per chart output, outside of it so that nothing cuts it off. */
export class Tooltip {
  constructor() {
    this.node = document.createElement('div');
    this.node.className = 'jp-Cellruns-tooltip jp-ThemedContainer';
    this.node.setAttribute('role', 'status');
  }

  readonly node: HTMLElement;

  /** Show readings near a point of the page, in px. */
  show(
    heading: string,
    readings: readonly IReading[],
    nameOf: (trace: ITrace) => string,
    at: { x: number; y: number },
    trans: TranslationBundle
  ): void {
    const head = document.createElement('div');
    head.className = 'jp-Cellruns-tooltip-head';
    head.textContent = heading;
    const rows = readings.slice(0, MAX_ROWS).map(reading => {
      const row = document.createElement('div');
      row.className = 'jp-Cellruns-tooltip-row';
      const swatch = document.createElement('span');
      swatch.className = 'jp-Cellruns-swatch';
      swatch.dataset.dash = String(reading.trace.dash);
      swatch.style.color = reading.trace.color;
      const name = document.createElement('span');
      name.className = 'jp-Cellruns-tooltip-name';
      name.textContent = nameOf(reading.trace);
      const value = document.createElement('span');
      value.className = 'jp-Cellruns-tooltip-value';
      value.textContent =
        reading.smoothed === null
          ? formatValue(reading.value)
          : `${formatValue(reading.smoothed)} (${formatValue(reading.value)})`;
      row.append(swatch, name, value);
      return row;
    });
    if (readings.length > MAX_ROWS) {
      const more = document.createElement('div');
      more.className = 'jp-Cellruns-tooltip-more';
      more.textContent = trans.__('and %1 more', readings.length - MAX_ROWS);
      rows.push(more);
    }
    this.node.replaceChildren(head, ...rows);
    if (!this.node.isConnected) {
      document.body.appendChild(this.node);
    }
    const { width, height } = this.node.getBoundingClientRect();
    const right = at.x + 16 + width < window.innerWidth;
    const top = Math.min(at.y - 12, window.innerHeight - height - 8);
    this.node.style.left = `${Math.max(4, right ? at.x + 16 : at.x - 16 - width)}px`;
    this.node.style.top = `${Math.max(4, top)}px`;
  }

  hide(): void {
    this.node.remove();
  }
}
