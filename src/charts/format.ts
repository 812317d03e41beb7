/** A metric's value for a reader: five significant digits, exponents only where they help. */
export function formatValue(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return '–';
  }
  if (Number.isNaN(value)) {
    return 'NaN';
  }
  if (!Number.isFinite(value)) {
    return value > 0 ? '∞' : '−∞';
  }
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-4)) {
    return value
      .toExponential(3)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  }
  return Number.isInteger(value)
    ? String(value)
    : String(Number(value.toPrecision(5)));
}

/** A count with separators. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** A span of time in ms, short: `0.4 s`, `12 s`, `3 m 05 s`, `2 h 10 m`. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) {
    return `${seconds.toFixed(1)} s`;
  }
  if (seconds < 60) {
    return `${Math.floor(seconds)} s`;
  }
  const two = (value: number): string =>
    String(Math.floor(value)).padStart(2, '0');
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  }
  return `${Math.floor(seconds / 3600)} h ${two((seconds % 3600) / 60)} m`;
}
