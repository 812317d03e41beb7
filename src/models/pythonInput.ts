import type { IModelFile } from './mlmodel';
import type { DataType, IColumn } from './signature';

/** A Python string literal. */
export function pythonString(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, c =>
    /\p{L}/u.test(c) ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  );
}

/** Whether all that a model takes are arrays. */
export function isTensorInput(model: IModelFile): boolean {
  const inputs = model.signature?.inputs;
  return (
    !!inputs?.length && inputs.every(column => column.type.kind === 'tensor')
  );
}

/** Python lines that make `data`, one row of what the signature wants. */
export function inputLines(model: IModelFile): string[] {
  const inputs = model.signature?.inputs ?? [];
  if (isTensorInput(model)) {
    const arrays = inputs.map(column => zeros(column));
    const data = inputs.some(column => column.name !== null)
      ? `{${inputs.map((column, index) => `${pythonString(column.name ?? '')}: ${arrays[index]}`).join(', ')}}`
      : arrays[0];
    return ['import numpy as np', '', `data = ${data}`];
  }
  if (!inputs.length) {
    return ['import pandas as pd', '', 'data = pd.DataFrame(...)'];
  }
  const unnamed = inputs.every(column => column.name === null);
  const cells = inputs.map(column => sample(column.type));
  const frame = unnamed
    ? [`data = pd.DataFrame([[${cells.join(', ')}]])`]
    : [
        'data = pd.DataFrame({',
        ...inputs.map(
          (column, index) =>
            `    ${pythonString(column.name ?? '')}: [${cells[index]}],`
        ),
        '})'
      ];
  // MLflow accepts 32-bit columns only where the frame has them; pandas makes 64-bit ones.
  const narrow = inputs.filter(
    c => c.name !== null && c.type.kind === 'scalar' && NARROW[c.type.name]
  );
  const casts = narrow.map(
    c =>
      `${pythonString(c.name ?? '')}: "${NARROW[(c.type as { name: string }).name]}"`
  );
  return [
    'import pandas as pd',
    '',
    ...frame,
    ...(casts.length ? [`data = data.astype({${casts.join(', ')}})`] : [])
  ];
}

const NARROW: Record<string, string> = { integer: 'int32', float: 'float32' };

const SAMPLES: Record<string, string> = {
  boolean: 'True',
  integer: '0',
  long: '0',
  float: '0.0',
  double: '0.0',
  string: '""',
  binary: 'b""',
  datetime: 'pd.Timestamp("2024-01-01")',
  any: 'None',
  sparkml_vector: '[0.0]'
};

function sample(type: DataType): string {
  switch (type.kind) {
    case 'scalar':
      return SAMPLES[type.name] ?? 'None';
    case 'array':
      return `[${sample(type.items)}]`;
    case 'map':
      return `{"key": ${sample(type.values)}}`;
    case 'object':
      return `{${type.properties.map(p => `${pythonString(p.name)}: ${sample(p.type)}`).join(', ')}}`;
    default:
      return 'None';
  }
}

function zeros(column: IColumn): string {
  if (column.type.kind !== 'tensor') {
    return 'None';
  }
  const shape = column.type.shape.map(size =>
    typeof size === 'number' && size >= 0 ? size : 1
  );
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  return `np.zeros(${tuple}, dtype=${pythonString(column.type.dtype)})`;
}

/** The argument `params` of predict(), with the signature's defaults; nothing where it has none. */
export function paramsArgument(model: IModelFile): string {
  const params = model.signature?.params ?? [];
  if (!params.length) {
    return '';
  }
  return `, params={${params.map(p => `${pythonString(p.name ?? '')}: ${pythonValue(p.default)}`).join(', ')}}`;
}

function pythonValue(value: unknown): string {
  if (value === null || value === undefined) {
    return 'None';
  }
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  if (Array.isArray(value)) {
    return `[${value.map(pythonValue).join(', ')}]`;
  }
  if (typeof value === 'object') {
    const entries = Object.entries(value as Record<string, unknown>);
    return `{${entries.map(([key, item]) => `${pythonString(key)}: ${pythonValue(item)}`).join(', ')}}`;
  }
  return typeof value === 'number'
    ? String(value)
    : pythonString(value as string);
}
