import { isMap, JSONMap, JSONValue, parsePythonJSON } from '../yaml/json';
import { english, ITrans } from '../text';

/** The type of one input, output or parameter. */
export type DataType =
  | { kind: 'scalar'; name: string }
  | { kind: 'tensor'; dtype: string; shape: (number | string)[] }
  | { kind: 'array'; items: DataType }
  | { kind: 'map'; values: DataType }
  | { kind: 'object'; properties: IProperty[] }
  | { kind: 'unknown'; raw: JSONValue };

export interface IProperty {
  name: string;
  type: DataType;
  required: boolean;
}

/** One input or output. */
export interface IColumn {
  /** Null where the schema names none; integer names become text. */
  name: string | null;
  type: DataType;
  required: boolean;
  /** Keys that this reader does not know, as they were written. */
  extra: JSONMap;
}

/** One inference parameter. */
export interface IParam extends IColumn {
  default: JSONValue;
  /** Null for a single value. */
  shape: JSONValue;
}

/** What a model takes and gives; null where the file says nothing. */
export interface ISignature {
  inputs: IColumn[] | null;
  outputs: IColumn[] | null;
  params: IParam[] | null;
}

/** Types of MLflow's schema that stand alone (mlflow.types.DataType, plus `any` and Spark's vector). */
const SCALARS = new Set([
  'boolean',
  'integer',
  'long',
  'float',
  'double',
  'string',
  'binary',
  'datetime',
  'any',
  'sparkml_vector'
]);

const MAX_DEPTH = 40;

/** A part of a schema that could not be understood; the message says why. */
export class SchemaError extends Error {}

/** Reads inputs or outputs: a JSON text as MLflow writes it, or the list itself. Throws SchemaError. */
export function parseColumns(
  value: JSONValue,
  trans: ITrans = english
): IColumn[] | null {
  return (
    parseList(value, trans)?.map(item => column(item, ['name', 'required'])) ??
    null
  );
}

/** Reads params: a JSON text as MLflow writes it, or the list itself. Throws SchemaError. */
export function parseParams(
  value: JSONValue,
  trans: ITrans = english
): IParam[] | null {
  return (
    parseList(value, trans)?.map(item => ({
      ...column(item, ['name', 'required', 'default', 'shape']),
      default: isMap(item) ? (item.default ?? null) : null,
      shape: isMap(item) ? (item.shape ?? null) : null
    })) ?? null
  );
}

/** A type as one line: `array<{role: string, name?: string}>`, `float64[?, 4]`. */
export function describeType(type: DataType): string {
  switch (type.kind) {
    case 'scalar':
      return type.name;
    case 'tensor':
      return `${type.dtype}[${type.shape.map(size => (size === -1 ? '?' : size)).join(', ')}]`;
    case 'array':
      return `array<${describeType(type.items)}>`;
    case 'map':
      return `map<string, ${describeType(type.values)}>`;
    case 'object': {
      const fields = type.properties.map(
        p => `${p.name}${p.required ? '' : '?'}: ${describeType(p.type)}`
      );
      return `{${fields.join(', ')}}`;
    }
    case 'unknown':
      return JSON.stringify(type.raw) ?? '?';
  }
}

/** A whole signature as one line: `a: double, b: long, … 64 more → float32[?]`. */
export function describeSignature(signature: ISignature, limit = 3): string {
  const side = (columns: IColumn[] | null): string => {
    if (!columns) {
      return '?';
    }
    const shown = columns
      .slice(0, limit)
      .map(c => (c.name === null ? '' : `${c.name}: `) + describeType(c.type));
    return columns.length > limit
      ? `${shown.join(', ')}, … +${columns.length - limit}`
      : shown.join(', ') || '()';
  };
  const params = signature.params?.length
    ? ` (${signature.params.map(p => p.name ?? '?').join(', ')})`
    : '';
  return `${side(signature.inputs)}${params} → ${side(signature.outputs)}`;
}

function parseList(value: JSONValue, trans: ITrans): JSONValue[] | null {
  if (value === null) {
    return null;
  }
  let list = value as JSONValue;
  if (typeof value === 'string') {
    try {
      list = parsePythonJSON(value);
    } catch (error) {
      throw new SchemaError(
        trans.__(
          'The schema is not JSON: %1',
          error instanceof Error ? error.message : String(error)
        )
      );
    }
  }
  if (list === null) {
    return null;
  }
  if (!Array.isArray(list)) {
    throw new SchemaError(trans.__('The schema is not a list of columns.'));
  }
  return list;
}

function column(item: JSONValue, known: string[]): IColumn {
  if (!isMap(item)) {
    return { name: null, type: dataType(item, 0), required: true, extra: {} };
  }
  const name = item.name;
  const extra: JSONMap = {};
  for (const [key, value] of Object.entries(item)) {
    if (!known.includes(key) && !TYPE_KEYS.includes(key)) {
      extra[key] = value;
    }
  }
  return {
    name:
      name === null || name === undefined
        ? null
        : typeof name === 'object'
          ? JSON.stringify(name)
          : String(name),
    type: dataType(item, 0),
    required: isRequired(item),
    extra
  };
}

const TYPE_KEYS = ['type', 'tensor-spec', 'items', 'properties', 'values'];

/** MLflow 1.x and 2.0-2.5 wrote no `required`; 2.6 wrote `optional` for a while. */
function isRequired(item: JSONMap): boolean {
  return item.required === undefined
    ? item.optional !== true
    : item.required !== false;
}

function dataType(value: JSONValue | undefined, depth: number): DataType {
  if (depth > MAX_DEPTH || value === undefined) {
    return { kind: 'unknown', raw: depth > MAX_DEPTH ? '…' : null };
  }
  if (typeof value === 'string' && SCALARS.has(value)) {
    return { kind: 'scalar', name: value };
  }
  if (!isMap(value)) {
    return { kind: 'unknown', raw: value };
  }
  const type = value.type;
  if (type === 'tensor' && isMap(value['tensor-spec'])) {
    const spec = value['tensor-spec'];
    const shape = Array.isArray(spec.shape) ? spec.shape : [];
    return {
      kind: 'tensor',
      dtype: typeof spec.dtype === 'string' ? spec.dtype : '?',
      shape: shape.map(size =>
        typeof size === 'number' ? size : JSON.stringify(size)
      )
    };
  }
  if (type === 'array' && value.items !== undefined) {
    return { kind: 'array', items: dataType(value.items, depth + 1) };
  }
  if (type === 'map' && value.values !== undefined) {
    return { kind: 'map', values: dataType(value.values, depth + 1) };
  }
  if (type === 'object' && isMap(value.properties)) {
    return {
      kind: 'object',
      properties: Object.entries(value.properties).map(([name, property]) => ({
        name,
        type: dataType(property, depth + 1),
        required: isMap(property) ? isRequired(property) : true
      }))
    };
  }
  if (typeof type === 'string' && SCALARS.has(type)) {
    return { kind: 'scalar', name: type };
  }
  // Kept whole, but bounded: a type of a later MLflow is shown as it stands.
  const raw = Object.entries(value).filter(
    ([key]) => key !== 'name' && key !== 'required'
  );
  return { kind: 'unknown', raw: Object.fromEntries(raw) };
}
