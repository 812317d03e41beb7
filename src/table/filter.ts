/** What the text of the filter box is. */
export interface IFilterText {
  /** MLflow's filter language, or empty. */
  readonly filter: string;
  /** Words to look for, or empty. */
  readonly text: string;
}

const ENTITY =
  /^\s*[`"]?(?:metrics?|param(?:eter)?s?|tags?|attr(?:ibute)?s?|run|datasets?)[`"]?\s*\./;
const ATTRIBUTE =
  /^\s*(?:start_time|end_time|status|user_id|run_name|run_id|artifact_uri|created)\s*(?:[<>=!]|like\b|ilike\b|in\b|not\b)/i;

/** A text that begins like a filter is one; anything else is words to look for. */
export function readFilter(text: string): IFilterText {
  return ENTITY.test(text) || ATTRIBUTE.test(text)
    ? { filter: text.trim(), text: '' }
    : { filter: '', text: text.trim() };
}

/** What can stand at the cursor. */
export type Completion =
  | { kind: 'name'; from: number; typed: string }
  | { kind: 'key'; from: number; typed: string; entity: string }
  | { kind: 'operator'; from: number; typed: string; entity: string }
  | {
      kind: 'value';
      from: number;
      typed: string;
      entity: string;
      key: string;
    }
  | { kind: 'join'; from: number; typed: string };

const CLAUSE =
  /\s*(?:([`"]?\w+[`"]?)(?:(\.)(`[^`]*`?|"[^"]*"?|[\w.]*))?)(\s+|(?=[<>=!]))?([<>=!]+|(?:not\s+)?in\b|i?like\b|is(?:\s+not)?(?:\s+null)?\b)?(\s*)('[^']*'?|"[^"]*"?|[-+.\d][\w.+-]*|\([^)]*\)?)?/iy;

const PLAIN: Record<string, string> = {
  metrics: 'metric',
  metric: 'metric',
  params: 'param',
  param: 'param',
  parameters: 'param',
  parameter: 'param',
  tags: 'tag',
  tag: 'tag',
  attributes: 'attribute',
  attribute: 'attribute',
  attr: 'attribute',
  run: 'attribute',
  dataset: 'dataset',
  datasets: 'dataset'
};

/** What is being typed before the cursor of a filter, or null where nothing can be offered. */
export function completionAt(text: string, cursor: number): Completion | null {
  const before = text.slice(0, cursor);
  let place = 0;
  for (;;) {
    CLAUSE.lastIndex = place;
    const match = CLAUSE.exec(before);
    if (!match) {
      return before.slice(place).trim() === ''
        ? { kind: 'name', from: cursor, typed: '' }
        : null;
    }
    const [whole, entity, dot, key, gap, operator, space, value] = match;
    const end = place + whole.length;
    const kind = dot
      ? PLAIN[entity.replace(/[`"]/g, '')]
      : ('attribute' as string);
    if (!kind) {
      return null;
    }
    if (end >= before.length && !gap && !operator) {
      return dot
        ? {
            kind: 'key',
            from: end - key.length,
            typed: key.replace(/[`"]/g, ''),
            entity: kind
          }
        : { kind: 'name', from: end - entity.length, typed: entity };
    }
    const name = (dot ? key : entity).replace(/^[`"]|[`"]$/g, '');
    if (!operator) {
      const typed = before.slice(end);
      return /^[\w\s]*$/.test(typed)
        ? { kind: 'operator', from: end, typed, entity: kind }
        : null;
    }
    const isNull = /null$/i.test(operator);
    const closed =
      value !== undefined &&
      (/^[-+.\d]/.test(value)
        ? end < before.length
        : value.length > 1 &&
          value.endsWith(value.startsWith('(') ? ')' : value[0]));
    if (!isNull && !closed) {
      if (value === undefined && space === '' && end === before.length) {
        return /^\w/.test(operator)
          ? {
              kind: 'operator',
              from: end - operator.length,
              typed: operator,
              entity: kind
            }
          : { kind: 'value', from: end, typed: '', entity: kind, key: name };
      }
      if (end < before.length) {
        return null;
      }
      const typed = value ?? '';
      return {
        kind: 'value',
        from: end - typed.length,
        typed: typed.replace(/^['"]/, ''),
        entity: kind,
        key: name
      };
    }
    const rest = before.slice(end);
    const and = /^\s*and\s+/i.exec(rest);
    if (!and) {
      const word = /^(\s+)(\w*)$/.exec(rest);
      return word
        ? { kind: 'join', from: end + word[1].length, typed: word[2] }
        : null;
    }
    place = end + and[0].length;
  }
}

/** A key as the filter language wants it: in backticks where it is not plain. */
export function quoteKey(key: string): string {
  return /^[^\W\d]\w*(?:\.[^\W\d]\w*)*$/.test(key) ? key : `\`${key}\``;
}

/** A value as the filter language wants it. */
export function quoteValue(value: string): string {
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}
