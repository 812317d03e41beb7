/** The part of JupyterLab's translation bundle that pure code needs. */
export interface ITrans {
  __(msgid: string, ...args: (string | number)[]): string;
}

/** Plain English, for code and tests that run without a translator. */
export const english: ITrans = {
  __: (msgid, ...args) =>
    msgid.replace(/%(\d)/g, (whole, digit: string) =>
      String(args[Number(digit) - 1] ?? whole)
    )
};

/** Bytes as a short text with a binary unit: `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
