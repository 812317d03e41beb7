import type { TranslationBundle } from '@jupyterlab/translation';

import type { JSONNumber } from '../client/tokens';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A metric's value for a reader: at most five significant digits, exponents only where they help. */
export function formatNumber(value: JSONNumber | null | undefined): string {
  if (value === null || value === undefined) {
    return '–';
  }
  const number = typeof value === 'number' ? value : Number(value);
  if (Number.isNaN(number)) {
    return 'NaN';
  }
  if (!Number.isFinite(number)) {
    return number > 0 ? '∞' : '−∞';
  }
  if (number === 0) {
    return '0';
  }
  const size = Math.abs(number);
  if (size >= 1e7 || size < 1e-4) {
    const [digits, power] = number.toExponential(3).split('e');
    return `${Number(digits)}e${Number(power)}`;
  }
  if (Number.isInteger(number)) {
    return String(number);
  }
  return String(
    size >= 1e5 ? Math.round(number) : Number(number.toPrecision(5))
  );
}

/** A span of time in ms, short: `420 ms`, `5.3 s`, `2 m 04 s`, `3 h 12 m`, `4 d 2 h`. */
export function formatDuration(ms: number): string {
  const span = Math.max(0, ms);
  if (span < SECOND) {
    return `${Math.round(span)} ms`;
  }
  if (span < 10 * SECOND) {
    return `${(Math.floor(span / 100) / 10).toFixed(1)} s`;
  }
  if (span < MINUTE) {
    return `${Math.floor(span / SECOND)} s`;
  }
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  if (span < HOUR) {
    return `${Math.floor(span / MINUTE)} m ${two((span % MINUTE) / SECOND)} s`;
  }
  if (span < DAY) {
    return `${Math.floor(span / HOUR)} h ${two((span % HOUR) / MINUTE)} m`;
  }
  return `${Math.floor(span / DAY)} d ${Math.floor((span % DAY) / HOUR)} h`;
}

/** A duration that ticks: whole seconds only, so that it does not flicker. */
export function formatTicking(ms: number): string {
  return ms < MINUTE
    ? `${Math.max(0, Math.floor(ms / SECOND))} s`
    : formatDuration(ms);
}

/** How long ago a time (ms since epoch) was. */
export function formatAgo(
  time: number,
  now: number,
  trans: TranslationBundle
): string {
  const span = Math.max(0, now - time);
  if (span < 45 * SECOND) {
    return trans.__('just now');
  }
  if (span < HOUR) {
    return trans.__('%1 min ago', Math.max(1, Math.round(span / MINUTE)));
  }
  if (span < DAY) {
    return trans.__('%1 h ago', Math.round(span / HOUR));
  }
  if (span < 14 * DAY) {
    return trans.__('%1 d ago', Math.round(span / DAY));
  }
  return new Date(time).toLocaleDateString(undefined, {
    year: 'numeric',
    month: 'short',
    day: 'numeric'
  });
}

/** A time (ms since epoch) in full, in the reader's own format. */
export function formatTime(time: number): string {
  return new Date(time).toLocaleString(undefined, {
    dateStyle: 'medium',
    timeStyle: 'medium'
  });
}
