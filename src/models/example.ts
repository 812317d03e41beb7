import { isMap, JSONValue, parsePythonJSON } from '../yaml/json';

/** An input example: a table where it is one, else the JSON text. */
export type Example =
  | { kind: 'table'; columns: string[]; rows: JSONValue[][]; total: number }
  | { kind: 'json'; text: string }
  | { kind: 'error'; message: string };

const MAX_ROWS = 50;
const MAX_COLUMNS = 200;
const MAX_TEXT = 20_000;

/** Reads input_example.json: pandas `split` or `records`, MLflow's wrappers, arrays, or anything else as JSON. */
export function parseExample(text: string): Example {
  let value: JSONValue;
  try {
    value = parsePythonJSON(text);
  } catch (error) {
    return {
      kind: 'error',
      message: error instanceof Error ? error.message : String(error)
    };
  }
  return (
    asTable(value) ?? {
      kind: 'json',
      text: cut(JSON.stringify(value, null, 2))
    }
  );
}

function asTable(value: JSONValue): Example | null {
  if (isMap(value)) {
    const inner =
      value.dataframe_split ??
      value.dataframe_records ??
      value.inputs ??
      value.instances;
    if (inner !== undefined && inner !== null) {
      return asTable(inner);
    }
    const { columns, data } = value;
    if (Array.isArray(data) && data.every(isList)) {
      const names = Array.isArray(columns)
        ? columns
        : (data[0] ?? []).map((_, index) => index);
      return table(names.map(label), data);
    }
    return null;
  }
  if (!Array.isArray(value) || value.length === 0) {
    return null;
  }
  if (value.every(isMap)) {
    const names = [...new Set(value.flatMap(row => Object.keys(row)))];
    return table(
      names,
      value.map(row =>
        names.map(name => (isMap(row) ? (row[name] ?? null) : null))
      )
    );
  }
  if (value.every(isList)) {
    const width = Math.max(...value.slice(0, MAX_ROWS).map(row => row.length));
    return table([...Array(width).keys()].map(String), value);
  }
  return null;
}

function table(columns: string[], rows: JSONValue[][]): Example {
  return {
    kind: 'table',
    columns: columns.slice(0, MAX_COLUMNS),
    rows: rows.slice(0, MAX_ROWS).map(row => row.slice(0, MAX_COLUMNS)),
    total: rows.length
  };
}

function label(name: JSONValue): string {
  return typeof name === 'string' ? name : JSON.stringify(name);
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}\n…` : text;
}

function isList(value: JSONValue): value is JSONValue[] {
  return Array.isArray(value);
}
