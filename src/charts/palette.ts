/** Okabe and Ito's colour-blind-safe set, darkened for white and lightened for dark backgrounds. */
const LIGHT = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#b8578f',
  '#c98500',
  '#3a9fd8',
  '#8c6d1f',
  '#555555'
];
const DARK = [
  '#4aa8e8',
  '#ff8a4c',
  '#2fc79a',
  '#e59ac6',
  '#f2b632',
  '#9bd8f7',
  '#c9a84f',
  '#b8b8b8'
];

/**
 * Dash patterns: the first eight runs are solid, the next eight dashed, and so on.
 *
 * #### Notes
 * Solid is no pattern. A dash without gaps, `[1, 0]`, looks the same, but a
 * browser cuts a long curve into pieces for it and takes ten times as long.
 */
export const DASHES: readonly (readonly number[])[] = [
  [],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3]
];

/** Colour of the n-th run (or metric), stable by its order. */
export function colorOf(order: number, dark: boolean): string {
  const colors = dark ? DARK : LIGHT;
  return colors[order % colors.length];
}

/** Index into `DASHES` of the n-th run. */
export function dashOf(order: number): number {
  return Math.floor(order / LIGHT.length) % DASHES.length;
}
