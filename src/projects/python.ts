import { YAMLNode } from '../yaml/tree';

/** Raised where Python would raise; the text is Python's. */
export class PythonError extends Error {}

const SEXAGESIMAL_INT = /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/;
const SEXAGESIMAL_FLOAT = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/;
const INTEGER = /^[-+]?(?:0|[1-9][0-9_]*)$/;
const SPECIAL = /^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/;
const TIMESTAMP =
  /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?(?:[ \t]*(Z|([-+])([0-9]{1,2})(?::([0-9]{2}))?))?)?$/;

/**
 * What Python's `str()` makes of a value that PyYAML's safe loader has read.
 *
 * #### Notes
 * MLflow puts `str(default)` into the command line (mlflow/projects/_project_spec.py, `_sanitize_value_dict`), so
 * `0.00006` becomes `6e-05`, `1.` becomes `1.0` and `[1, a]` becomes `[1, 'a']`.
 */
export function pythonText(node: YAMLNode): string {
  return node.kind === 'scalar' && !node.isPlain
    ? node.source
    : pythonRepr(node, true);
}

/** Whether PyYAML reads a text here, neither a number nor a date. */
export function isPythonText(node: YAMLNode): boolean {
  return (
    node.kind === 'scalar' &&
    (!node.isPlain ||
      (typeof node.value === 'string' &&
        ![INTEGER, SPECIAL, SEXAGESIMAL_INT, SEXAGESIMAL_FLOAT, TIMESTAMP].some(
          form => form.test(node.source)
        )))
  );
}

/** What Python's `repr()` makes of it; `isOutside` is true for `str()`, where a text stands without quotes. */
export function pythonRepr(node: YAMLNode, isOutside = false): string {
  if (node.kind === 'list') {
    return `[${node.items.map(item => pythonRepr(item)).join(', ')}]`;
  }
  if (node.kind === 'map') {
    const pairs = [...node.entries].map(
      ([key, value]) => `${quoteText(key)}: ${pythonRepr(value)}`
    );
    return `{${pairs.join(', ')}}`;
  }
  const text = (value: string): string =>
    isOutside ? value : quoteText(value);
  if (!node.isPlain) {
    return text(node.source);
  }
  const { value, source } = node;
  if (value === null) {
    return 'None';
  }
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  if (typeof value === 'number') {
    return /[.eE]/.test(source) && !/^[-+]?0x/i.test(source)
      ? floatRepr(value)
      : String(value);
  }
  if (typeof value !== 'string') {
    return text(source);
  }
  if (INTEGER.test(source)) {
    return BigInt(source.replace(/_/g, '').replace(/^\+/, '')).toString();
  }
  if (/^[-+]?\.(inf|Inf|INF)$/.test(source)) {
    return source.startsWith('-') ? '-inf' : 'inf';
  }
  if (/^\.(nan|NaN|NAN)$/.test(source)) {
    return 'nan';
  }
  if (SEXAGESIMAL_INT.test(source)) {
    return String(sexagesimal(source));
  }
  if (SEXAGESIMAL_FLOAT.test(source)) {
    return floatRepr(sexagesimal(source));
  }
  const time = TIMESTAMP.exec(source);
  return time && isOutside ? dateText(time) : text(source);
}

/** A float as Python prints it. */
export function floatRepr(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  }
  if (value === 0) {
    return Object.is(value, -0) ? '-0.0' : '0.0';
  }
  const [mantissa, power] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) {
    return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  }
  const whole = digits.padEnd(exponent + 1, '0');
  return `${sign}${whole.slice(0, exponent + 1)}.${whole.slice(exponent + 1) || '0'}`;
}

/** A text as Python's `repr` writes it. */
export function quoteText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (char === '\\' || char === quote) {
      out += `\\${char}`;
    } else if (char === '\n' || char === '\r' || char === '\t') {
      out += { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[char];
    } else if (code < 0x20 || code === 0x7f) {
      out += `\\x${code.toString(16).padStart(2, '0')}`;
    } else {
      out += char;
    }
  }
  return quote + out + quote;
}

/** Python's `shlex.quote`. */
export function shellQuote(text: string): string {
  if (text === '') {
    return "''";
  }
  return /[^\w@%+=:,./-]/.test(text)
    ? `'${text.replace(/'/g, `'"'"'`)}'`
    : text;
}

/** One `{field}` of a format string, with its place. */
export interface IField {
  name: string;
  conversion: string;
  spec: string;
  /** Offset of the `{`. */
  start: number;
  end: number;
}

/** Splits a format string as Python does; throws PythonError with Python's own words. */
export function parseFormat(text: string): (string | IField)[] {
  const parts: (string | IField)[] = [];
  let literal = '';
  let i = 0;
  while (i < text.length) {
    const char = text[i];
    if ((char === '{' || char === '}') && text[i + 1] === char) {
      literal += char;
      i += 2;
      continue;
    }
    if (char === '}') {
      throw new PythonError("Single '}' encountered in format string");
    }
    if (char !== '{') {
      literal += char;
      i++;
      continue;
    }
    if (i + 1 >= text.length) {
      throw new PythonError("Single '{' encountered in format string");
    }
    let depth = 1;
    let end = i + 1;
    while (end < text.length && depth > 0) {
      depth += text[end] === '{' ? 1 : text[end] === '}' ? -1 : 0;
      end++;
    }
    if (depth > 0) {
      throw new PythonError("expected '}' before end of string");
    }
    const inner = text.slice(i + 1, end - 1);
    const match = /^([^!:]*)(?:!([^:]*))?(?::([\s\S]*))?$/.exec(inner);
    if (!match || inner.slice(0, inner.search(/[!:]|$/)).includes('{')) {
      throw new PythonError("unexpected '{' in field name");
    }
    if (match[2] !== undefined && match[2].length !== 1) {
      throw new PythonError(
        match[2] === ''
          ? "unmatched '{' in format spec"
          : "expected ':' after conversion specifier"
      );
    }
    parts.push(literal, {
      name: match[1],
      conversion: match[2] ?? '',
      spec: match[3] ?? '',
      start: i,
      end
    });
    literal = '';
    i = end;
  }
  parts.push(literal);
  return parts;
}

/** Python's `text.format(**values)` where every value is a text. */
export function formatText(
  text: string,
  values: ReadonlyMap<string, string>
): string {
  return parseFormat(text)
    .map(part => (typeof part === 'string' ? part : fieldText(part, values)))
    .join('');
}

function fieldText(field: IField, values: ReadonlyMap<string, string>): string {
  const [, first, rest] = /^([^.[]*)([\s\S]*)$/.exec(field.name) ?? [
    '',
    '',
    ''
  ];
  if (first === '' || /^\d+$/.test(first)) {
    throw new PythonError(
      `Replacement index ${first || '0'} out of range for positional args tuple`
    );
  }
  const found = values.get(first);
  if (found === undefined) {
    throw new PythonError(quoteText(first));
  }
  let value = found;
  if (rest) {
    const index = /^\[(\d+)\]$/.exec(rest);
    if (!index) {
      throw new PythonError(
        rest.startsWith('.')
          ? `'str' object has no attribute '${rest.slice(1)}'`
          : "string indices must be integers, not 'str'"
      );
    }
    const at = [...value][Number(index[1])];
    if (at === undefined) {
      throw new PythonError('string index out of range');
    }
    value = at;
  }
  if (field.conversion === 'r' || field.conversion === 'a') {
    value = quoteText(value);
  } else if (field.conversion && field.conversion !== 's') {
    throw new PythonError(`Unknown conversion specifier ${field.conversion}`);
  }
  return field.spec ? padText(value, formatText(field.spec, values)) : value;
}

function padText(value: string, spec: string): string {
  const match = /^(?:([\s\S])?([<>^=]))?(0)?(\d+)?(?:\.(\d+))?(.)?$/u.exec(
    spec
  );
  if (!match || (match[6] !== undefined && match[6] !== 's')) {
    throw new PythonError(
      `Unknown format code '${spec.slice(-1)}' for object of type 'str'`
    );
  }
  const [, fill, align, zero, width, precision] = match;
  if (align === '=') {
    throw new PythonError(
      "'=' alignment not allowed in string format specifier"
    );
  }
  const chars = [...value];
  const cut =
    precision === undefined ? chars : chars.slice(0, Number(precision));
  const gap = Math.max(0, Number(width ?? 0) - cut.length);
  const pad = fill ?? (zero ? '0' : ' ');
  const left = align === '>' ? gap : align === '^' ? Math.floor(gap / 2) : 0;
  return pad.repeat(left) + cut.join('') + pad.repeat(gap - left);
}

function sexagesimal(source: string): number {
  const parts = source.replace(/_/g, '').replace(/^[-+]/, '').split(':');
  const value = parts.reduce((sum, part) => sum * 60 + Number(part), 0);
  return source.startsWith('-') ? -value : value;
}

function dateText(match: RegExpExecArray): string {
  const [, year, month, day, hour, minute, second, fraction] = match;
  const two = (text: string): string => text.padStart(2, '0');
  const date = `${year}-${two(month)}-${two(day)}`;
  if (hour === undefined) {
    return date;
  }
  const micro = (fraction ?? '').slice(0, 6).padEnd(6, '0');
  const point = Number(micro) > 0 ? `.${micro}` : '';
  const zone = match[8]
    ? match[8] === 'Z'
      ? '+00:00'
      : `${match[9]}${two(match[10])}:${match[11] ?? '00'}`
    : '';
  return `${date} ${two(hour)}:${minute}:${second}${point}${zone}`;
}
