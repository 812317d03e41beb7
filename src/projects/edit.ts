import {
  Document,
  isMap,
  isScalar,
  Pair,
  parseDocument,
  Scalar,
  YAMLMap
} from 'yaml';

/** One change of an MLproject file. */
export type Edit =
  | { kind: 'set'; path: string[]; value: string | number | boolean }
  | { kind: 'remove'; path: string[] };

/**
 * Changes an MLproject file and keeps what the change does not concern: comments, order, blanks, quotes.
 *
 * #### Notes
 * A value that is there is replaced in its place, character by character; a new one is put at the end of its map.
 * Throws an Error where a part of the path is no map, or the result would not read back as asked.
 */
export function editMLproject(text: string, edits: readonly Edit[]): string {
  return edits.reduce(apply, text);
}

function apply(text: string, edit: Edit): string {
  const bom = text.startsWith('\ufeff') ? '\ufeff' : '';
  const source = text.slice(bom.length);
  const document = parseDocument(source, {
    keepSourceTokens: true,
    schema: 'failsafe',
    uniqueKeys: false
  });
  if (document.errors.length > 0) {
    throw document.errors[0];
  }
  const changed =
    edit.kind === 'remove'
      ? remove(source, document, edit.path)
      : (replace(source, document, edit.path, plain(edit.value)) ??
        lengthen(source, document, edit.path, plain(edit.value)) ??
        insert(source, document, edit.path, plain(edit.value)));
  return bom + changed;
}

/** The text that a scalar gets; PyYAML must read it as it is meant. */
function plain(value: string | number | boolean): string {
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  if (typeof value === 'number') {
    return String(value);
  }
  const isSafe =
    /^[A-Za-z_./][\w ./@%+=,-]*[\w./%+=-]$|^[A-Za-z_]$/.test(value) &&
    !/^(yes|no|on|off|true|false|null|y|n)$|^\.(inf|nan)$|^\.\d/i.test(value);
  return isSafe ? value : JSON.stringify(value);
}

function replace(
  source: string,
  document: Document.Parsed,
  path: string[],
  value: string
): string | null {
  const node = document.getIn(path, true);
  if (!isScalar(node)) {
    if (node !== undefined && node !== null) {
      throw new Error(`${path.join('.')} is a map or a list`);
    }
    return null;
  }
  const token = node.srcToken;
  if (!token || !node.range || node.source === '' || !('source' in token)) {
    return null;
  }
  const [start, end] = node.range;
  const old = source.slice(start, end);
  // A block text ends with its line; what follows on the same line stays.
  const tail =
    token.type === 'block-scalar' ? (/\n$/.exec(old)?.[0] ?? '') : '';
  return source.slice(0, start) + value + tail + source.slice(end);
}

/** `name: float` becomes `name: {type: float, default: 1}`; null where the parent is no such short form. */
function lengthen(
  source: string,
  document: Document.Parsed,
  path: string[],
  value: string
): string | null {
  const parent = document.getIn(path.slice(0, -1), true);
  const isDefault =
    path.length === 5 && path[2] === 'parameters' && path[4] === 'default';
  if (!isDefault || !isScalar(parent) || !parent.range || !parent.source) {
    return null;
  }
  const [start, end] = parent.range;
  const type = source.slice(start, end);
  // A comma or a brace would end a plain text inside the braces.
  const safe = /^[\w.-]+$|^".*"$/.test(value) ? value : JSON.stringify(value);
  return `${source.slice(0, start)}{type: ${type}, default: ${safe}}${source.slice(end)}`;
}

function insert(
  source: string,
  document: Document.Parsed,
  path: string[],
  value: string
): string {
  let depth = 0;
  let parent: unknown = document.contents;
  for (; depth < path.length - 1; depth++) {
    const next: unknown = isMap(parent) ? parent.get(path[depth], true) : null;
    if (!isMap(next)) {
      break;
    }
    parent = next;
  }
  if (!isMap(parent) || !parent.range) {
    throw new Error(
      `${path.slice(0, depth).join('.') || 'the file'} is no map`
    );
  }
  const pair = findPair(parent, path[depth]);
  if (
    pair &&
    depth < path.length - 1 &&
    pair.value !== null &&
    !isEmpty(pair)
  ) {
    throw new Error(`${path.slice(0, depth + 1).join('.')} is no map`);
  }
  if (parent.flow || pair) {
    return viaDocument(document, path, value);
  }
  const newline = /\r\n/.test(source) ? '\r\n' : '\n';
  const first = parent.items[0].key as Scalar;
  const column = columnOf(source, first.range?.[0] ?? 0);
  const lines = path
    .slice(depth)
    .map(
      (key, index, keys) =>
        `${' '.repeat(column + 2 * index)}${plain(key)}:${index === keys.length - 1 ? ` ${value}` : ''}`
    );
  const at = endOf(source, parent);
  const before = source.slice(0, at);
  const gap = before === '' || before.endsWith('\n') ? '' : newline;
  return before + gap + lines.join(newline) + newline + source.slice(at);
}

function viaDocument(
  document: Document.Parsed,
  path: string[],
  value: string
): string {
  const scalar = new Scalar(
    value.startsWith('"') ? (JSON.parse(value) as string) : value
  );
  scalar.type = value.startsWith('"') ? Scalar.QUOTE_DOUBLE : Scalar.PLAIN;
  for (let length = 1; length < path.length; length++) {
    if (!isMap(document.getIn(path.slice(0, length), true))) {
      document.setIn(path.slice(0, length), new YAMLMap());
    }
  }
  document.setIn(path, scalar);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function remove(
  source: string,
  document: Document.Parsed,
  path: string[]
): string {
  const parent: unknown =
    path.length > 1
      ? document.getIn(path.slice(0, -1), true)
      : document.contents;
  if (!isMap(parent)) {
    throw new Error(`${path.join('.')} is not there`);
  }
  const pair = findPair(parent, path[path.length - 1]);
  if (!pair) {
    throw new Error(`${path.join('.')} is not there`);
  }
  const key = pair.key as Scalar;
  if (parent.flow || parent.items.length === 1) {
    document.deleteIn(path);
    return document.toString({ lineWidth: 0, flowCollectionPadding: false });
  }
  const start = source.lastIndexOf('\n', (key.range?.[0] ?? 0) - 1) + 1;
  const node = pair.value as { range?: [number, number, number] } | null;
  const end = isMap(pair.value)
    ? endOf(source, pair.value)
    : lineEnd(source, node?.range?.[1] ?? key.range?.[1] ?? start);
  return source.slice(0, start) + source.slice(end);
}

function findPair(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find(
    item => isScalar(item.key) && String(item.key.value) === key
  );
}

function isEmpty(pair: Pair): boolean {
  return isScalar(pair.value) && (pair.value.source ?? '') === '';
}

/** Offset after the last line that belongs to a map: comments that follow it belong to what comes next. */
function endOf(source: string, map: YAMLMap): number {
  let end = map.range?.[0] ?? 0;
  const last = map.items[map.items.length - 1];
  const value = last.value as { range?: [number, number, number] } | null;
  if (isMap(last.value) && !last.value.flow && last.value.items.length > 0) {
    return endOf(source, last.value);
  }
  end = value?.range?.[1] ?? (last.key as Scalar).range?.[1] ?? end;
  return source[end - 1] === '\n' ? end : lineEnd(source, end);
}

function lineEnd(source: string, offset: number): number {
  const end = source.indexOf('\n', offset);
  return end < 0 ? source.length : end + 1;
}

function columnOf(source: string, offset: number): number {
  return offset - (source.lastIndexOf('\n', offset - 1) + 1);
}
