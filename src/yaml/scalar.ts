import { JSONValue } from './json';

const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);
const TRUES = new Set([
  'yes',
  'Yes',
  'YES',
  'true',
  'True',
  'TRUE',
  'on',
  'On',
  'ON'
]);
const FALSES = new Set([
  'no',
  'No',
  'NO',
  'false',
  'False',
  'FALSE',
  'off',
  'Off',
  'OFF'
]);
const INTEGER = /^[-+]?(?:0|[1-9][0-9_]*)$/;
const BASED = /^([-+]?)(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+)$/;
const FLOAT = /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*(?:[eE][-+][0-9]+)?$/;
const SPECIAL = /^([-+]?)\.(inf|Inf|INF|nan|NaN|NAN)$/;

/**
 * The value that PyYAML's safe loader gives to a plain scalar.
 *
 * #### Notes
 * MLflow reads and writes its files with PyYAML, so `y` is a string, `yes` is true and `1e-1` is a string,
 * whatever the YAML version of another reader says. What JSON has not stays the text that was written: times,
 * sexagesimal numbers, infinities, NaN and integers that do not fit a double.
 */
export function resolvePlain(source: string): JSONValue {
  if (NULLS.has(source)) {
    return null;
  }
  if (TRUES.has(source)) {
    return true;
  }
  if (FALSES.has(source)) {
    return false;
  }
  if (INTEGER.test(source)) {
    return exact(Number(source.replace(/_/g, '')), source);
  }
  const based = BASED.exec(source);
  if (based) {
    const digits = based[2].replace(/_/g, '');
    const value = /^0[bx]/.test(digits) ? Number(digits) : parseInt(digits, 8);
    return exact(based[1] === '-' ? -value : value, source);
  }
  if (FLOAT.test(source) && /[0-9]/.test(source) && !SPECIAL.test(source)) {
    const value = Number(source.replace(/_/g, ''));
    return Number.isFinite(value) ? value : source;
  }
  return source;
}

function exact(value: number, source: string): JSONValue {
  return Number.isSafeInteger(value) ? value : source;
}
