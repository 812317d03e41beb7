import { PADDING } from './geometry';

/** Least width of a range, px: less is a click. */
const LEAST = 5;

/** Lets the pointer draw out a range of x over a plot. */
export class RangeDrag {
  constructor() {
    this.node = document.createElement('div');
    this.node.className = 'jp-Cellruns-range';
    this.node.hidden = true;
  }

  readonly node: HTMLElement;

  /** Called with the ends of a range, px inside the axes, ascending. */
  selected: (from: number, to: number) => void = () => undefined;

  /** A button went down on `plot`, whose inner width is `width` px. */
  begin(event: PointerEvent, plot: HTMLElement, width: number): void {
    if (event.button !== 0 || width <= 0) {
      return;
    }
    const left = plot.getBoundingClientRect().left + PADDING.left;
    const pixel = (client: number): number =>
      Math.max(0, Math.min(width, client - left));
    const start = pixel(event.clientX);
    let end = start;
    const move = (moved: PointerEvent): void => {
      end = pixel(moved.clientX);
      const from = Math.min(start, end);
      this.node.hidden = Math.abs(end - start) < LEAST;
      this.node.style.left = `${PADDING.left + from}px`;
      this.node.style.width = `${Math.abs(end - start)}px`;
    };
    const stop = (): void => {
      window.removeEventListener('pointermove', move);
      window.removeEventListener('pointerup', up);
      window.removeEventListener('pointercancel', stop);
      this.node.hidden = true;
    };
    const up = (): void => {
      stop();
      if (Math.abs(end - start) >= LEAST) {
        this.selected(Math.min(start, end), Math.max(start, end));
      }
    };
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', up);
    window.addEventListener('pointercancel', stop);
  }
}
