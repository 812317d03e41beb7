import {
  isAlias,
  isMap as isYAMLMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  Scalar
} from 'yaml';
import type { Document, Node as DocumentNode, Pair } from 'yaml';
import { JSONMap, JSONValue } from './json';
import { english, ITrans } from '../text';
import { resolvePlain } from './scalar';

/** A place in a text; line and column count from 1. */
export interface IPosition {
  line: number;
  column: number;
}

/** Something worth telling about a file that could be read all the same. */
export interface INotice extends IPosition {
  /** What it is about, where other code has to know. */
  code?: 'tag' | 'repeated';
  message: string;
  hint: string;
}

/** Why a file cannot be read, where, and what to do. */
export class DescriptorError extends Error {
  constructor(
    message: string,
    readonly position: IPosition,
    readonly hint: string
  ) {
    super(message);
    this.name = 'DescriptorError';
  }
}

/** A YAML value that knows where it stands. */
export type YAMLNode = IYAMLMap | IYAMLList | IYAMLScalar;

export interface IYAMLMap extends IPosition {
  kind: 'map';
  entries: Map<string, YAMLNode>;
  /** Nodes below, aliases counted each time they are used. */
  size: number;
}

export interface IYAMLList extends IPosition {
  kind: 'list';
  items: YAMLNode[];
  size: number;
}

export interface IYAMLScalar extends IPosition {
  kind: 'scalar';
  value: JSONValue;
  /** What stands in the file: `3.10` stays `3.10`. */
  source: string;
  /** Neither quoted nor a block: `yes` is a boolean, `.inf` a number. */
  isPlain: boolean;
  size: 1;
}

/** A text and what was found in it. */
export interface IYAMLTree {
  root: YAMLNode;
  notices: INotice[];
}

/** Bounds that keep any text readable within a fraction of a second. */
export const LIMITS = {
  /** Characters of the file. */
  characters: 1_000_000,
  /** Lexical tokens of the file; a quoted signature is one, however long. */
  tokens: 60_000,
  /** Values after aliases are followed. */
  nodes: 60_000
};

/**
 * Reads one YAML document as PyYAML would, within bounds; throws nothing but DescriptorError.
 *
 * #### Notes
 * PyYAML takes the last of two equal keys without a word. `repeated` says whether that is an error or a notice.
 */
export function readYAML(
  text: string,
  trans: ITrans = english,
  repeated: 'error' | 'notice' = 'error'
): IYAMLTree {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  checkBounds(source, trans);
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parseDocument(source, {
      lineCounter: lines,
      logLevel: 'error',
      prettyErrors: false,
      schema: 'failsafe',
      uniqueKeys: false
    });
  } catch (error) {
    throw new DescriptorError(
      String(error),
      { line: 1, column: 1 },
      trans.__('Check that the file is a YAML document.')
    );
  }
  const first = document.errors[0];
  if (first) {
    throw new DescriptorError(
      first.message,
      place(lines, first.pos[0]),
      hintFor(first.code, trans)
    );
  }
  return new TreeBuilder(lines, trans, repeated).build(document);
}

/** The value of a node as JSON. */
export function toJSON(node: YAMLNode): JSONValue {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(toJSON);
    case 'map': {
      const map: JSONMap = Object.create(null) as JSONMap;
      for (const [key, value] of node.entries) {
        map[key] = toJSON(value);
      }
      return map;
    }
  }
}

function place(lines: LineCounter, offset: number): IPosition {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function placeIn(text: string, offset: number): IPosition {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - start + 1 };
}

function checkBounds(text: string, trans: ITrans): void {
  if (text.length > LIMITS.characters) {
    throw new DescriptorError(
      trans.__('The file is larger than %1 characters.', LIMITS.characters),
      placeIn(text, LIMITS.characters),
      trans.__(
        'A descriptor is a short text. Check that this is the right file; open it with the editor to look at it.'
      )
    );
  }
  let count = 0;
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    if (++count > LIMITS.tokens) {
      throw new DescriptorError(
        trans.__('The file holds more than %1 YAML tokens.', LIMITS.tokens),
        placeIn(text, offset),
        trans.__(
          'A descriptor is a short text. Check that this is the right file; open it with the editor to look at it.'
        )
      );
    }
    // The lexer adds one-character marks for documents, flow ends and scalars that are not in the text.
    offset += /^[\x02\x18\x1f]$/.test(token) ? 0 : token.length;
  }
}

function hintFor(code: string, trans: ITrans): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return trans.__('Indent with spaces, not with tabs.');
    case 'BLOCK_AS_IMPLICIT_KEY':
      return trans.__(
        'A line has two “: ”. Put the value in quotes, or break the line.'
      );
    case 'MULTIPLE_DOCS':
      return trans.__('Keep one document: remove the second “---”.');
    case 'MISSING_CHAR':
      return trans.__(
        'A quote, bracket or comma is missing; close what was opened.'
      );
    case 'BAD_INDENT':
      return trans.__(
        'Line up the keys of one level with the same number of spaces.'
      );
    case 'RESOURCE_EXHAUSTION':
      return trans.__('The nesting is too deep for a descriptor.');
    default:
      return trans.__(
        'Correct the YAML at this place; “Open With → Editor” shows the text.'
      );
  }
}

class TreeBuilder {
  constructor(
    private _lines: LineCounter,
    private _trans: ITrans,
    private _repeated: 'error' | 'notice'
  ) {}

  build(document: Document.Parsed): IYAMLTree {
    const root: YAMLNode = document.contents
      ? this._node(document.contents)
      : {
          kind: 'scalar',
          value: null,
          source: '',
          isPlain: true,
          line: 1,
          column: 1,
          size: 1
        };
    return { root, notices: this._notices };
  }

  private _node(node: DocumentNode): YAMLNode {
    const at = this._place(node);
    if (isAlias(node)) {
      return this._alias(node.source, at);
    }
    const anchor = 'anchor' in node ? node.anchor : undefined;
    if (anchor) {
      this._anchors.set(anchor, 'open');
    }
    this._checkTag(node.tag, at);
    let built: YAMLNode;
    if (isScalar(node)) {
      built = { kind: 'scalar', ...scalarValue(node), ...at, size: 1 };
    } else if (isSeq(node)) {
      const items = node.items.map(item => this._node(item as DocumentNode));
      built = { kind: 'list', items, ...at, size: this._sum(items, at) };
    } else if (isYAMLMap(node)) {
      built = this._map(
        node.items as Pair<DocumentNode, DocumentNode | null>[],
        at
      );
    } else {
      built = {
        kind: 'scalar',
        value: null,
        source: '',
        isPlain: true,
        ...at,
        size: 1
      };
    }
    if (anchor) {
      this._anchors.set(anchor, built);
    }
    return built;
  }

  private _map(
    pairs: Pair<DocumentNode, DocumentNode | null>[],
    at: IPosition
  ): IYAMLMap {
    const entries = new Map<string, YAMLNode>();
    const merged: YAMLNode[] = [];
    for (const pair of pairs) {
      const position = this._place(pair.key);
      if (!isScalar(pair.key) && !isAlias(pair.key)) {
        throw this._error(
          this._trans.__('A key is a list or a map.'),
          position,
          this._trans.__('Use a plain text as key.')
        );
      }
      const key = this._node(pair.key);
      const value: YAMLNode = pair.value
        ? this._node(pair.value)
        : {
            kind: 'scalar',
            value: null,
            source: '',
            isPlain: true,
            ...position,
            size: 1
          };
      const name =
        key.kind === 'scalar'
          ? typeof key.value === 'string'
            ? key.value
            : key.source
          : '';
      if (
        name === '<<' &&
        isScalar(pair.key) &&
        pair.key.type === Scalar.PLAIN
      ) {
        merged.push(...(value.kind === 'list' ? value.items : [value]));
        continue;
      }
      if (entries.has(name) && this._repeated === 'notice') {
        this._notices.push({
          ...position,
          code: 'repeated',
          message: this._trans.__(
            'The key “%1” stands twice in one map.',
            name
          ),
          hint: this._trans.__('MLflow takes the last one; keep only that.')
        });
      } else if (entries.has(name)) {
        throw this._error(
          this._trans.__('The key “%1” stands twice in one map.', name),
          position,
          this._trans.__(
            'Keep one of them; MLflow would silently take the last.'
          )
        );
      }
      entries.set(name, value);
    }
    for (const source of merged) {
      for (const [name, value] of source.kind === 'map' ? source.entries : []) {
        if (!entries.has(name)) {
          entries.set(name, value);
        }
      }
    }
    return {
      kind: 'map',
      entries,
      ...at,
      size: this._sum(entries.values(), at)
    };
  }

  private _alias(name: string, at: IPosition): YAMLNode {
    const target = this._anchors.get(name);
    if (target === undefined) {
      throw this._error(
        this._trans.__('The alias “*%1” names no earlier anchor.', name),
        at,
        this._trans.__(
          'Write “&%1” before the value that is meant, or put the value itself.',
          name
        )
      );
    }
    if (target === 'open') {
      throw this._error(
        this._trans.__('The alias “*%1” stands inside its own anchor.', name),
        at,
        this._trans.__(
          'A descriptor cannot contain itself; put the value itself.'
        )
      );
    }
    return target;
  }

  private _sum(nodes: Iterable<YAMLNode>, at: IPosition): number {
    let size = 1;
    for (const node of nodes) {
      size += node.size;
    }
    if (size > LIMITS.nodes) {
      throw this._error(
        this._trans.__(
          'Followed through its aliases the file holds more than %1 values.',
          LIMITS.nodes
        ),
        at,
        this._trans.__(
          'Remove the aliases (*name); this looks like a file made to exhaust its reader.'
        )
      );
    }
    return size;
  }

  private _checkTag(tag: string | undefined, at: IPosition): void {
    if (
      tag &&
      tag !== '!' &&
      !/^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq|timestamp|binary)$/.test(
        tag
      )
    ) {
      this._notices.push({
        ...at,
        code: 'tag',
        message: this._trans.__('The tag “%1” is not plain YAML.', tag),
        hint: this._trans.__(
          'MLflow refuses to load such a file; the value is shown as it is written.'
        )
      });
    }
  }

  private _place(node: DocumentNode | null): IPosition {
    return node?.range
      ? place(this._lines, node.range[0])
      : { line: 1, column: 1 };
  }

  private _error(
    message: string,
    at: IPosition,
    hint: string
  ): DescriptorError {
    return new DescriptorError(message, at, hint);
  }

  private _anchors = new Map<string, YAMLNode | 'open'>();
  private _notices: INotice[] = [];
}

function scalarValue(node: Scalar): {
  value: JSONValue;
  source: string;
  isPlain: boolean;
} {
  const source =
    typeof node.value === 'string' ? node.value : (node.source ?? '');
  const isText =
    node.type !== Scalar.PLAIN &&
    !/:(int|float|bool|null)$/.test(node.tag ?? '');
  return {
    source,
    isPlain: !isText && !node.tag?.endsWith(':str'),
    value: isText || node.tag?.endsWith(':str') ? source : resolvePlain(source)
  };
}
