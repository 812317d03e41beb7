/**
 * Indices, ascending, of at most `most` points that keep the look of a curve.
 *
 * #### Notes
 * The ends stay, and of every bucket its minimum, its maximum and the first
 * value that is not finite, so that no peak and no NaN vanishes. With `xs`
 * (ascending) the buckets are equally wide, as the pixels of a plot are;
 * without, they hold equally many points.
 */
export function pickPeaks(
  values: ArrayLike<number>,
  most: number,
  xs?: ArrayLike<number>
): number[] {
  const n = values.length;
  if (n <= most) {
    return Array.from({ length: n }, (_, i) => i);
  }
  const picked: number[] = [0];
  const strange = anyStrange(values);
  const buckets = Math.max(1, Math.floor((most - 2) / (strange ? 3 : 2)));
  const width = xs ? (xs[n - 1] - xs[0]) / buckets : 0;
  let to = 1;
  for (let b = 0; b < buckets; b++) {
    const from = to;
    if (xs && width > 0) {
      const edge = xs[0] + width * (b + 1);
      const last = b === buckets - 1;
      while (to < n - 1 && (last || xs[to] < edge)) {
        to++;
      }
    } else {
      to = 1 + Math.floor(((b + 1) * (n - 2)) / buckets);
    }
    let low = -1;
    let high = -1;
    let odd = -1;
    for (let i = from; i < to; i++) {
      const value = values[i];
      if (!Number.isFinite(value)) {
        odd = odd < 0 ? i : odd;
        continue;
      }
      if (low < 0 || value < values[low]) {
        low = i;
      }
      if (high < 0 || value > values[high]) {
        high = i;
      }
    }
    const kept = [low, high, odd].filter(i => i >= 0).sort((a, c) => a - c);
    for (const i of kept) {
      if (i !== picked[picked.length - 1]) {
        picked.push(i);
      }
    }
  }
  picked.push(n - 1);
  return picked;
}

function anyStrange(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      return true;
    }
  }
  return false;
}
