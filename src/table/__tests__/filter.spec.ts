import { describe, expect, it } from 'vitest';

import { complete } from '../completer';
import { completionAt, readFilter } from '../filter';

const SOURCE = {
  offers: [
    { column: 'metric:loss', runs: 2, differs: true },
    { column: 'metric:val/loss', runs: 2, differs: true },
    { column: 'param:lr', runs: 2, differs: false },
    { column: 'tag:team', runs: 1, differs: true },
    { column: 'attribute:status', runs: 2, differs: null }
  ],
  values: (column: string, prefix: string) =>
    Promise.resolve(
      column === 'param:lr'
        ? ['0.1', "it's", '0.01'].filter(v => v.startsWith(prefix))
        : []
    )
};

/** The text with the cursor at `|`, and what it becomes with the completion of that label. */
async function completed(text: string, label: string): Promise<string> {
  const cursor = text.indexOf('|');
  const plain = text.replace('|', '');
  const found = await complete(plain, cursor, SOURCE);
  const one = found.find(completion => completion.label === label);
  if (!one) {
    return `(${found.map(completion => completion.label).join(', ')})`;
  }
  return plain.slice(0, one.from) + one.insert + plain.slice(cursor);
}

describe('readFilter', () => {
  it('tells filters from words', () => {
    for (const text of [
      'metrics.loss < 1',
      'params.lr',
      "status = 'FINISHED'",
      '`metrics`.x > 1',
      "tags.`a b` like '%x'",
      'start_time > 5',
      "run_id IN ('a')"
    ]) {
      expect(readFilter(text)).toEqual({ filter: text, text: '' });
    }
    for (const text of ['lr=0.1', 'brisk owl', 'status', 'metrics', '']) {
      expect(readFilter(text)).toEqual({ filter: '', text });
    }
  });
});

describe('completionAt', () => {
  it.each([
    ['', 'name'],
    ['met', 'name'],
    ['metrics.', 'key'],
    ['metrics.lo', 'key'],
    ['metrics.`val', 'key'],
    ['metrics.loss ', 'operator'],
    ['metrics.loss >', 'value'],
    ['params.lr = ', 'value'],
    ["params.lr = '0", 'value'],
    ["params.lr = '0.1' ", 'join'],
    ["params.lr = '0.1' an", 'join'],
    ["params.lr = '0.1' and ", 'name'],
    ["params.lr = '0.1' and metrics.", 'key'],
    ['metrics.accuracy > 0.9 and params.', 'key'],
    ['tags.team is not null and st', 'name'],
    ["status = 'FINISHED' and tags.team lik", 'operator']
  ])('%j is followed by a %s', (text, kind) => {
    expect(completionAt(text, text.length)?.kind).toBe(kind);
  });
});

describe('complete', () => {
  it('offers names, keys, operators, values and the join', async () => {
    expect(await completed('los|', 'metrics.loss')).toBe('metrics.loss ');
    expect(await completed('metrics.|', 'val/loss')).toBe(
      'metrics.`val/loss` '
    );
    expect(await completed('metrics.lo|', 'loss')).toBe('metrics.loss ');
    expect(await completed('metrics.loss |', '<=')).toBe('metrics.loss <= ');
    expect(await completed('params.lr = |', '0.1')).toBe("params.lr = '0.1' ");
    expect(await completed("params.lr = 'it|", "it's")).toBe(
      'params.lr = "it\'s" '
    );
    expect(await completed("status = '|", 'FINISHED')).toBe(
      "status = 'FINISHED' "
    );
    expect(await completed('metrics.loss > 1 |', 'and')).toBe(
      'metrics.loss > 1 and '
    );
    expect(await completed("params.lr = '1' and tags.|", 'team')).toBe(
      "params.lr = '1' and tags.team "
    );
  });

  it('leaves plain words alone', async () => {
    expect(await complete('brisk ', 6, SOURCE)).toEqual([]);
  });
});
