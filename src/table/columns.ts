import type { TranslationBundle } from '@jupyterlab/translation';

/** What a column shows: an attribute, a param, a tag, or of a metric the last, least, greatest or best value. */
export type ColumnKind =
  'attribute' | 'param' | 'tag' | 'metric' | 'min' | 'max' | 'best';

export interface IColumn {
  readonly id: string;
  readonly kind: ColumnKind;
  readonly key: string;
}

const KINDS: readonly string[] = [
  'attribute',
  'param',
  'tag',
  'metric',
  'min',
  'max',
  'best'
];

/** Kinds that one metric can be shown as. */
export const METRIC_KINDS: readonly ColumnKind[] = [
  'metric',
  'best',
  'min',
  'max'
];

/** The column that an id (`kind:key`) names, or null where it names none. */
export function parseColumn(id: unknown): IColumn | null {
  if (typeof id !== 'string') {
    return null;
  }
  const colon = id.indexOf(':');
  const kind = id.slice(0, colon);
  const key = id.slice(colon + 1);
  return colon > 0 && key && KINDS.includes(kind)
    ? { id, kind: kind as ColumnKind, key }
    : null;
}

/** Whether the values are numbers that a group has a mean of. */
export function isMetric(column: IColumn): boolean {
  return METRIC_KINDS.includes(column.kind);
}

/** Whether a column's cells stand to the right. */
export function isNumeric(column: IColumn): boolean {
  return (
    isMetric(column) ||
    (column.kind === 'attribute' &&
      ['duration', 'execution_count', 'start_time', 'end_time'].includes(
        column.key
      ))
  );
}

/** What the head of a column says. */
export function columnLabel(column: IColumn, trans: TranslationBundle): string {
  switch (column.kind) {
    case 'attribute':
      return attributeLabel(column.key, trans);
    case 'min':
      return trans.__('%1 (min)', column.key);
    case 'max':
      return trans.__('%1 (max)', column.key);
    case 'best':
      return trans.__('%1 (best)', column.key);
    case 'metric':
    case 'param':
    case 'tag':
      return column.key;
  }
}

/** What kind of column it is, in words. */
export function kindLabel(kind: ColumnKind, trans: TranslationBundle): string {
  switch (kind) {
    case 'attribute':
      return trans.__('attribute');
    case 'param':
      return trans.__('param');
    case 'tag':
      return trans.__('tag');
    case 'metric':
      return trans.__('last');
    case 'min':
      return trans.__('min');
    case 'max':
      return trans.__('max');
    case 'best':
      return trans.__('best');
  }
}

function attributeLabel(key: string, trans: TranslationBundle): string {
  const labels: Record<string, string> = {
    run_id: trans.__('Run id'),
    name: trans.__('Run'),
    status: trans.__('Status'),
    start_time: trans.__('Started'),
    end_time: trans.__('Ended'),
    duration: trans.__('Took'),
    lifecycle_stage: trans.__('Stage'),
    experiment: trans.__('Experiment'),
    experiment_id: trans.__('Experiment id'),
    user: trans.__('User'),
    dataset: trans.__('Dataset'),
    notebook: trans.__('Notebook'),
    execution_count: trans.__('Cell'),
    note: trans.__('Note'),
    source: trans.__('Source'),
    version: trans.__('Version')
  };
  return labels[key] ?? key;
}

/** Width (px) of a column that nobody has resized; a group's mean and spread want more. */
export function defaultWidth(column: IColumn, grouped: boolean): number {
  if (column.kind === 'attribute') {
    return ['execution_count', 'duration', 'status'].includes(column.key)
      ? 80
      : 110;
  }
  return isMetric(column) ? (grouped ? 150 : 92) : 104;
}
