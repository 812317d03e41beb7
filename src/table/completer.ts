import type { ITableOffer } from '../client/tokens';
import { parseColumn } from './columns';
import {
  completionAt,
  quoteKey,
  quoteValue,
  readFilter,
  type Completion
} from './filter';

/** One thing that can be put at the cursor of a filter. */
export interface ICompletion {
  readonly label: string;
  /** What is written from `from` up to the cursor. */
  readonly insert: string;
  readonly from: number;
}

const ENTITIES: readonly [string, string][] = [
  ['metrics', 'metric'],
  ['params', 'param'],
  ['tags', 'tag'],
  ['attributes', 'attribute'],
  ['dataset', 'dataset']
];
const ATTRIBUTES = [
  'status',
  'run_name',
  'start_time',
  'end_time',
  'user_id',
  'run_id',
  'artifact_uri'
];
const DATASET = ['name', 'digest', 'context'];
const STATUSES = ['RUNNING', 'FINISHED', 'FAILED', 'KILLED', 'SCHEDULED'];
/** The only word that joins comparisons. */
const JOIN = 'and';
/** Completions that are shown at once. */
const MOST = 50;

/** What is known of the runs, to complete with. */
export interface ICompletionSource {
  readonly offers: readonly ITableOffer[];
  /** Values of a column that begin so. */
  values(column: string, prefix: string): Promise<string[]>;
}

/** What can stand at the cursor of the filter box; nothing for plain words. */
export async function complete(
  text: string,
  cursor: number,
  source: ICompletionSource
): Promise<ICompletion[]> {
  const what = completionAt(text, cursor);
  // Plain words are no filter, unless what is typed could become one.
  if (!what || (what.kind !== 'name' && !readFilter(text).filter)) {
    return [];
  }
  const typed = what.typed.toLowerCase();
  const found = (await candidates(what, source)).filter(
    ({ label }) =>
      label.toLowerCase().includes(typed) &&
      (what.kind === 'value' || label !== what.typed)
  );
  return found
    .sort(
      (a, b) =>
        Number(b.label.toLowerCase().startsWith(typed)) -
        Number(a.label.toLowerCase().startsWith(typed))
    )
    .slice(0, MOST)
    .map(one => ({ ...one, from: what.from }));
}

type Candidate = Omit<ICompletion, 'from'>;

async function candidates(
  what: Completion,
  source: ICompletionSource
): Promise<Candidate[]> {
  switch (what.kind) {
    case 'name':
      return [
        ...source.offers.flatMap(({ column }) => nameOf(column)),
        ...ATTRIBUTES.map(key => ({ label: key, insert: `${key} ` }))
      ];
    case 'key':
      return keysOf(what.entity, source).map(key => ({
        label: key,
        insert: `${quoteKey(key)} `
      }));
    case 'operator':
      return operators(what.entity).map(label => ({
        label,
        insert: `${label} `
      }));
    case 'value':
      return (await valuesOf(what.entity, what.key, what.typed, source)).map(
        value => ({ label: value, insert: `${quoteValue(value)} ` })
      );
    case 'join':
      return [JOIN].map(label => ({ label, insert: `${label} ` }));
  }
}

function nameOf(id: string): Candidate[] {
  const column = parseColumn(id);
  const entity = ENTITIES.find(([, kind]) => kind === column?.kind)?.[0];
  if (!column || !entity || column.kind === 'attribute') {
    return [];
  }
  const name = `${entity}.${quoteKey(column.key)}`;
  return [{ label: name, insert: `${name} ` }];
}

function keysOf(entity: string, source: ICompletionSource): string[] {
  if (entity === 'attribute') {
    return ATTRIBUTES;
  }
  if (entity === 'dataset') {
    return DATASET;
  }
  return source.offers
    .map(offer => parseColumn(offer.column))
    .flatMap(column => (column?.kind === entity ? column.key : []));
}

function operators(entity: string): string[] {
  switch (entity) {
    case 'metric':
      return ['>', '<', '>=', '<=', '=', '!='];
    case 'param':
    case 'tag':
      return ['=', '!=', 'LIKE', 'ILIKE', 'IS NULL', 'IS NOT NULL'];
    default:
      return ['=', '!=', 'LIKE', 'ILIKE', '>', '<', '>=', '<=', 'IN', 'NOT IN'];
  }
}

async function valuesOf(
  entity: string,
  key: string,
  typed: string,
  source: ICompletionSource
): Promise<string[]> {
  if (entity === 'param' || entity === 'tag') {
    return source.values(`${entity}:${key}`, typed);
  }
  if (entity === 'attribute' && key === 'status') {
    return STATUSES;
  }
  const columns: Record<string, string> = {
    run_name: 'attribute:name',
    user_id: 'attribute:user',
    run_id: 'attribute:run_id'
  };
  return entity === 'attribute' && columns[key]
    ? source.values(columns[key], typed)
    : [];
}
