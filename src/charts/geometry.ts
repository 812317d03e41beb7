import type { IDomain } from './axes';

/** Space around the axes, in px. Fixed, so that a chart never jumps when its labels change. */
export const PADDING = { left: 52, right: 12, top: 8, bottom: 22 } as const;

/** Size of a plot on the page, axes and labels included, in px. */
export interface ISize {
  readonly width: number;
  readonly height: number;
}

/** Size of the area inside the axes. */
export function innerSize(size: ISize): ISize {
  return {
    width: Math.max(20, size.width - PADDING.left - PADDING.right),
    height: Math.max(20, size.height - PADDING.top - PADDING.bottom)
  };
}

/** Pixel of a value along an axis of `length` px; it grows with the value. */
export function toPixel(
  value: number,
  domain: IDomain,
  length: number,
  log = false
): number {
  if (log) {
    const low = Math.log(domain.min);
    return ((Math.log(value) - low) / (Math.log(domain.max) - low)) * length;
  }
  // Halves keep huge ranges finite.
  const span = domain.max / 2 - domain.min / 2;
  return ((value / 2 - domain.min / 2) / span) * length;
}

/** Value at a pixel of an axis of `length` px. */
export function fromPixel(
  pixel: number,
  domain: IDomain,
  length: number,
  log = false
): number {
  if (log) {
    return domain.min * Math.pow(domain.max / domain.min, pixel / length);
  }
  return domain.min + (pixel / length) * (domain.max - domain.min);
}

/** Index of the x nearest to `x` in ascending or nearly ascending `xs`, or -1. */
export function nearest(xs: ArrayLike<number>, x: number): number {
  let best = -1;
  let least = Infinity;
  for (let i = 0; i < xs.length; i++) {
    const distance = Math.abs(xs[i] - x);
    if (distance < least) {
      least = distance;
      best = i;
    }
  }
  return best;
}
