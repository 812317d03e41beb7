/** Least time between two draws of the same thing, in ms: 10 Hz. */
const INTERVAL = 100;

/** Part of the time that drawing may take: one third. */
const REST = 2;

/** Something that draws itself. */
export interface IPaced {
  /** Nothing is drawn that nobody sees; ask again when that changes. */
  readonly isVisible: boolean;
  /**
   * Draw the latest state. Must not take long: one small chart. False: nothing
   * was drawn, and the thing will ask again when it can be.
   */
  draw(): Promise<boolean | void> | boolean | void;
}

/**
 * Draws what asks for it: at once after a pause, then at most ten times a
 * second, one thing per browser task, less often where drawing is slow.
 */
export class Pacer {
  /** Ask for a draw. */
  request(item: IPaced): void {
    this._dirty.add(item);
    this._pump();
  }

  /** Forget an item. */
  cancel(item: IPaced): void {
    this._dirty.delete(item);
  }

  private _pump(): void {
    if (this._drawing) {
      return;
    }
    window.clearTimeout(this._timer);
    const now = performance.now();
    let wait = Infinity;
    for (const item of this._dirty) {
      if (!item.isVisible || document.hidden) {
        this._dirty.delete(item);
        continue;
      }
      const due = this._due.get(item) ?? 0;
      if (due <= now) {
        this._dirty.delete(item);
        void this._draw(item, now);
        return;
      }
      wait = Math.min(wait, due - now);
    }
    if (wait < Infinity) {
      this._timer = window.setTimeout(() => this._pump(), wait);
    }
  }

  private async _draw(item: IPaced, begin: number): Promise<void> {
    this._drawing = true;
    let drawn: boolean | void = true;
    try {
      drawn = await item.draw();
    } catch (error) {
      console.error('Cellruns: a chart could not be drawn:', error);
    }
    if (drawn !== false) {
      const cost = performance.now() - begin;
      // All that is drawn shares the thread.
      const due = begin + Math.max(INTERVAL, cost * (REST + this._dirty.size));
      this._due.set(item, due);
    }
    this._drawing = false;
    // In a task of its own, so that input and paint come in between.
    this._timer = window.setTimeout(() => this._pump(), 0);
  }

  private _dirty = new Set<IPaced>();
  private _due = new WeakMap<IPaced, number>();
  private _drawing = false;
  private _timer = 0;
}
