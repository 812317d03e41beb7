/**
 * Exponential moving average with bias correction, so that it starts at the first value.
 *
 * @param weight - 0 (none) to below 1 (flat).
 *
 * #### Notes
 * What is not finite stays as it is and does not enter the average.
 */
export function smooth(
  values: ArrayLike<number>,
  weight: number
): Float64Array {
  const result = new Float64Array(values.length);
  let average = 0;
  let mass = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) {
      result[i] = value;
      continue;
    }
    average = weight * average + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    result[i] = average / mass;
  }
  return result;
}
