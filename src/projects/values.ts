import { english, ITrans } from '../text';
import { isURI } from './command';
import { IParameter } from './mlproject';
import { floatRepr } from './python';

const INTEGER = /^[+-]?\d+(_\d+)*$/;
const FLOAT =
  /^[+-]?(?:(?:\d+(?:_\d+)*)?\.?\d+(?:_\d+)*|\d+(?:_\d+)*\.)(?:[eE][+-]?\d+)?$|^[+-]?(?:inf|infinity|nan)$/i;
const BOOLEAN = /^(true|false|1|0|yes|no|t|f|y|n)$/i;

/** What a value is checked for; other names are texts to MLflow and to us. */
export type ValueKind = 'float' | 'int' | 'bool' | 'path' | 'uri' | 'text';

/** The kind of a declared type; the docs know `float`, `path`, `string` and `uri`, files hold many more. */
export function kindOf(type: string): ValueKind {
  switch (type.trim().toLowerCase()) {
    case 'float':
    case 'double':
    case 'number':
      return 'float';
    case 'int':
    case 'integer':
      return 'int';
    case 'bool':
    case 'boolean':
      return 'bool';
    case 'path':
      return 'path';
    case 'uri':
      return 'uri';
    default:
      return 'text';
  }
}

/**
 * Why a value does not fit its parameter, or null.
 *
 * #### Notes
 * MLflow itself checks `uri` alone; a wrong number would be found by the program minutes later. The default is
 * always taken: files give `None` for an int.
 */
export function checkValue(
  parameter: IParameter,
  value: string,
  trans: ITrans = english
): string | null {
  if (value === parameter.default) {
    return null;
  }
  if (value === '' && parameter.default === null) {
    return trans.__('A value is needed.');
  }
  switch (kindOf(parameter.type)) {
    case 'float':
      return FLOAT.test(value.trim()) ? null : trans.__('Not a number.');
    case 'int':
      return INTEGER.test(value.trim())
        ? null
        : trans.__('Not a whole number.');
    case 'bool':
      return BOOLEAN.test(value.trim())
        ? null
        : trans.__('Neither True nor False.');
    case 'uri':
      return isURI(value)
        ? null
        : trans.__('Not a URI such as s3://bucket/key.');
    case 'path':
      return value === '' ? trans.__('A path is needed.') : null;
    default:
      return null;
  }
}

/**
 * A number as Python prints it.
 *
 * #### Notes
 * MLflow logs the text that was given. A program that logs the same param as a number would be refused for `1e-3`,
 * because it logs `0.001`.
 */
export function asPythonPrints(type: string, value: string): string {
  const text = value.trim().replace(/(\d)_(?=\d)/g, '$1');
  const kind = kindOf(type);
  if (kind === 'int' && INTEGER.test(text)) {
    return BigInt(text.replace(/^\+/, '')).toString();
  }
  if (kind === 'float' && FLOAT.test(text) && !INTEGER.test(text)) {
    const number = Number(text);
    return Number.isFinite(number) ? floatRepr(number) : value;
  }
  return value;
}

/** Values of a sweep: texts separated by commas, or `start:stop:count` for numbers, as in `0:1:5`. */
export function sweepValues(type: string, text: string): string[] {
  const range = /^\s*([^:,\s]+)\s*:\s*([^:,\s]+)\s*:\s*(\d+)\s*$/.exec(text);
  const kind = kindOf(type);
  if (range && (kind === 'float' || kind === 'int')) {
    const [start, stop, count] = [
      Number(range[1]),
      Number(range[2]),
      Number(range[3])
    ];
    if (
      Number.isFinite(start) &&
      Number.isFinite(stop) &&
      count > 1 &&
      count <= 1000
    ) {
      const values = Array.from({ length: count }, (_, i) => {
        const value = start + ((stop - start) * i) / (count - 1);
        return kind === 'int'
          ? String(Math.round(value))
          : floatRepr(Number(value.toPrecision(12)));
      });
      return [...new Set(values)];
    }
  }
  return text
    .split(',')
    .map(value => asPythonPrints(type, value.trim()))
    .filter(value => value !== '');
}
