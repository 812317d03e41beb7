import { isMap, JSONValue, parsePythonJSON } from '../yaml/json';
import { IModelFile } from './mlmodel';
import { DataType, IColumn } from './signature';

/** JSON text to begin with: the example as it stands, else one made from the signature; empty without both. */
export function firstInput(
  model: IModelFile,
  exampleText: string | null
): string {
  if (exampleText !== null) {
    return pretty(exampleText);
  }
  const value = fromSignature(model);
  return value === null ? '' : JSON.stringify(value, null, 2);
}

/** A body for `/invocations`: the model's own, else the first input in the form that it wants. */
export function firstRequest(
  model: IModelFile,
  exampleText: string | null,
  servingText: string | null
): string {
  if (servingText !== null) {
    return pretty(servingText);
  }
  const text = firstInput(model, exampleText);
  if (!text) {
    return '{\n  "inputs": []\n}';
  }
  try {
    return JSON.stringify(asRequest(model, parsePythonJSON(text)), null, 2);
  } catch {
    return text;
  }
}

function asRequest(model: IModelFile, value: JSONValue): JSONValue {
  if (isMap(value)) {
    if (REQUEST_KEYS.some(key => key in value)) {
      return value;
    }
    return Array.isArray(value.data)
      ? { dataframe_split: value }
      : { inputs: value };
  }
  const isTable =
    Array.isArray(value) && value.length > 0 && value.every(isMap);
  return isTable && !isTensor(model)
    ? { dataframe_records: value }
    : { inputs: value };
}

const REQUEST_KEYS = [
  'dataframe_split',
  'dataframe_records',
  'inputs',
  'instances',
  'messages',
  'input'
];

/** Default values of the signature's params. */
export function defaultParams(model: IModelFile): Record<string, JSONValue> {
  const params: Record<string, JSONValue> = {};
  for (const param of model.signature?.params ?? []) {
    params[param.name ?? ''] = param.default;
  }
  return params;
}

function fromSignature(model: IModelFile): JSONValue {
  const inputs = model.signature?.inputs ?? [];
  if (!inputs.length) {
    return null;
  }
  if (isTensor(model)) {
    return inputs[0].name === null
      ? zeros(inputs[0])
      : Object.fromEntries(inputs.map(c => [c.name ?? '', zeros(c)]));
  }
  if (inputs.every(column => column.name === null)) {
    return [inputs.map(column => sample(column.type))];
  }
  return [Object.fromEntries(inputs.map(c => [c.name ?? '', sample(c.type)]))];
}

function isTensor(model: IModelFile): boolean {
  const inputs = model.signature?.inputs;
  return !!inputs?.length && inputs.every(c => c.type.kind === 'tensor');
}

function zeros(column: IColumn): JSONValue {
  if (column.type.kind !== 'tensor') {
    return null;
  }
  const sizes = column.type.shape.map(size =>
    typeof size === 'number' && size >= 0 ? Math.min(size, 64) : 1
  );
  const zero: JSONValue = /^(str|object|<U)/.test(column.type.dtype) ? '' : 0;
  return sizes.reduceRight<JSONValue>(
    (inner, size) => new Array<JSONValue>(size).fill(inner),
    zero
  );
}

const SAMPLES: Record<string, JSONValue> = {
  boolean: true,
  string: 'text',
  binary: '',
  datetime: '2024-01-01T00:00:00'
};

function sample(type: DataType): JSONValue {
  switch (type.kind) {
    case 'scalar':
      return SAMPLES[type.name] ?? (type.name === 'any' ? null : 0);
    case 'array':
      return [sample(type.items)];
    case 'map':
      return { key: sample(type.values) };
    case 'object':
      return Object.fromEntries(
        type.properties.map(p => [p.name, sample(p.type)])
      );
    default:
      return null;
  }
}

function pretty(text: string): string {
  if (text.length > 20_000) {
    return text;
  }
  try {
    // NaN is no JSON: such a text stays as Python wrote it.
    const value = JSON.parse(text) as JSONValue;
    return rows(value) ?? JSON.stringify(value, null, 2);
  } catch {
    return text;
  }
}

/** A table with one row to a line, which reads better than one cell to a line. */
function rows(value: JSONValue): string | null {
  const lines = (list: JSONValue[], indent: string): string =>
    `[\n${list.map(row => `${indent}  ${JSON.stringify(row)}`).join(',\n')}\n${indent}]`;
  if (Array.isArray(value) && value.length > 0) {
    return lines(value, '');
  }
  if (!isMap(value)) {
    return null;
  }
  const entries = Object.entries(value).map(([key, item]) => {
    const inner = isMap(item) ? rows(item) : null;
    const shown = inner
      ? inner.replace(/\n/g, '\n  ')
      : Array.isArray(item) && item.some(row => typeof row === 'object')
        ? lines(item, '  ')
        : JSON.stringify(item);
    return `  ${JSON.stringify(key)}: ${shown}`;
  });
  return entries.length > 0 ? `{\n${entries.join(',\n')}\n}` : '{}';
}
