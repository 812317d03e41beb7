import { pickPeaks } from '../charts/reduce';

/** Points of a metric that a page keeps in memory. */
export const MAX_KEPT = 4096;

/** A metric of a live run: what was seen, and a bounded, peak-keeping memory of it. */
export interface ILiveSeries {
  readonly key: string;
  /** Points seen, kept or not. */
  readonly count: number;
  /** Points seen that were not finite. */
  readonly nonfinite: number;
  /** Kept points, ordered by (step, timestamp). The arrays are views: valid until the next change. */
  readonly steps: Float64Array;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  /** Grows with every change. */
  readonly version: number;
}

/** The mutable side of `ILiveSeries`. */
export class LiveSeries implements ILiveSeries {
  constructor(readonly key: string) {}

  get count(): number {
    return this._count;
  }

  get nonfinite(): number {
    return this._nonfinite;
  }

  get version(): number {
    return this._count;
  }

  get steps(): Float64Array {
    this._sort();
    return this._steps.subarray(0, this._length);
  }

  get timestamps(): Float64Array {
    this._sort();
    return this._timestamps.subarray(0, this._length);
  }

  get values(): Float64Array {
    this._sort();
    return this._values.subarray(0, this._length);
  }

  /** Take points in any order. The three arrays are of equal length. */
  extend(
    steps: ArrayLike<number>,
    timestamps: ArrayLike<number>,
    values: ArrayLike<number>
  ): void {
    for (let i = 0; i < values.length; i++) {
      if (this._length === MAX_KEPT) {
        this._compact();
      }
      this._reserve();
      const n = this._length++;
      this._steps[n] = steps[i];
      this._timestamps[n] = timestamps[i];
      this._values[n] = values[i];
      if (n > 0 && this._before(n, n - 1)) {
        this._sorted = false;
      }
      if (!Number.isFinite(values[i])) {
        this._nonfinite++;
      }
    }
    this._count += values.length;
  }

  private _reserve(): void {
    if (this._length < this._values.length) {
      return;
    }
    const size = Math.min(Math.max(64, this._length * 2), MAX_KEPT);
    const grow = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(size);
      grown.set(old);
      return grown;
    };
    this._steps = grow(this._steps);
    this._timestamps = grow(this._timestamps);
    this._values = grow(this._values);
  }

  /** Halve, evenly along the steps so that old parts do not thin out: the ends, the extremes of every bucket and some of what is not finite stay. */
  private _compact(): void {
    this._sort();
    const spread = this._steps[0] < this._steps[this._length - 1];
    const xs = spread ? this._steps : this._timestamps;
    const picked = pickPeaks(this._values, MAX_KEPT / 2, xs);
    for (let i = 0; i < picked.length; i++) {
      this._steps[i] = this._steps[picked[i]];
      this._timestamps[i] = this._timestamps[picked[i]];
      this._values[i] = this._values[picked[i]];
    }
    this._length = picked.length;
  }

  private _before(a: number, b: number): boolean {
    return (
      this._steps[a] < this._steps[b] ||
      (this._steps[a] === this._steps[b] &&
        this._timestamps[a] < this._timestamps[b])
    );
  }

  private _sort(): void {
    if (this._sorted) {
      return;
    }
    this._sorted = true;
    const order = Array.from({ length: this._length }, (_, i) => i).sort(
      (a, b) => (this._before(a, b) ? -1 : this._before(b, a) ? 1 : a - b)
    );
    const sorted = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const result = new Float64Array(old.length);
      order.forEach((from, to) => (result[to] = old[from]));
      return result;
    };
    this._steps = sorted(this._steps);
    this._timestamps = sorted(this._timestamps);
    this._values = sorted(this._values);
  }

  private _count = 0;
  private _nonfinite = 0;
  private _length = 0;
  private _sorted = true;
  private _steps = new Float64Array(0);
  private _timestamps = new Float64Array(0);
  private _values = new Float64Array(0);
}
