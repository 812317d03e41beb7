import { describe, expect, it } from 'vitest';

import type { ITableAnswer } from '../../client/tokens';
import { RowWindow, rowsOf } from '../row';
import { nextSort, NO_STATE, readState } from '../state';
import { localCommand, mlflowPage } from '../mlflow-ui';

function answer(ids: string[], offset = 0, loss = 1): ITableAnswer {
  const all = <T>(value: T) => ids.map(() => value);
  return {
    snapshot: 's',
    total: 1000,
    runs: 1000,
    offset,
    rows: {
      id: ids,
      depth: all(0),
      children: all(0),
      expanded: all(false),
      group: all(null),
      name: ids,
      status: all('FINISHED' as const),
      start_time: all(1),
      end_time: all(2),
      experiment_id: all('1'),
      lifecycle_stage: all('active'),
      notebook: all(null),
      cell_id: all(null),
      execution_count: all(null),
      parent: all(null)
    },
    columns: ['metric:loss'],
    cells: { 'metric:loss': all(loss) },
    added: 0,
    outdated: false,
    loaded: null,
    pending: 0,
    trouble: null
  };
}

describe('RowWindow', () => {
  it('keeps a row that looks as before the same object', () => {
    const rows = new RowWindow();
    rows.put(0, rowsOf(answer(['a', 'b'])), 1000);
    const [a, b] = [rows.get(0), rows.get(1)];
    rows.put(0, rowsOf(answer(['a', 'b'])), 1000);
    expect(rows.get(0)).toBe(a);
    rows.put(0, rowsOf(answer(['a', 'b'], 0, 2)), 1000);
    expect(rows.get(1)).not.toBe(b);
  });

  it('never holds the whole history', () => {
    const rows = new RowWindow(100);
    for (let offset = 0; offset < 1000; offset += 50) {
      const ids = Array.from({ length: 50 }, (_, i) => `r${offset + i}`);
      rows.put(offset, rowsOf(answer(ids, offset)), 1000);
    }
    expect([...rows.loaded]).toHaveLength(100);
    expect(rows.missing(940, 999)).toBeNull();
    expect(rows.missing(0, 20)).toEqual([0, 20]);
  });
});

describe('readState', () => {
  it('takes over what is right of what was stored', () => {
    expect(readState('nonsense')).toEqual(NO_STATE);
    expect(
      readState({
        columns: ['metric:loss', 7, 'no column'],
        widths: { 'metric:loss': 90, 'metric:x': -4 },
        sort: [{ column: 'metric:loss', descending: true }, { column: 5 }],
        group: 'oops',
        filter: 'x'
      })
    ).toEqual({
      ...NO_STATE,
      columns: ['metric:loss'],
      widths: { 'metric:loss': 90 },
      sort: [{ column: 'metric:loss', descending: true }],
      filter: 'x'
    });
  });
});

describe('nextSort', () => {
  it('goes from the first direction to the other to none, and adds columns', () => {
    const first = nextSort([], 'metric:a', 'descending', false);
    expect(first).toEqual([{ column: 'metric:a', descending: true }]);
    const second = nextSort(first, 'metric:a', 'descending', false);
    expect(second).toEqual([{ column: 'metric:a', descending: false }]);
    expect(nextSort(second, 'metric:a', 'descending', false)).toEqual([]);
    expect(nextSort(first, 'param:b', 'ascending', true)).toEqual([
      ...first,
      { column: 'param:b', descending: false }
    ]);
  });
});

describe('mlflowPage', () => {
  it('names the page of a run, and of several to compare', () => {
    const runs = [
      { run_id: 'a', experiment_id: '1' },
      { run_id: 'b', experiment_id: '2' }
    ];
    expect(mlflowPage('https://m.example/x/', runs.slice(0, 1))).toBe(
      'https://m.example/x/#/experiments/1/runs/a'
    );
    expect(mlflowPage('https://m.example', runs)).toBe(
      'https://m.example/#/compare-runs?runs=%5B%22a%22%2C%22b%22%5D&experiments=%5B%221%22%2C%222%22%5D'
    );
  });

  it('quotes the folder of a local store', () => {
    expect(localCommand('/home/a b/mlflow.db')).toBe(
      'mlflow ui --backend-store-uri "sqlite:////home/a b/mlflow.db" --artifacts-destination "/home/a b/mlartifacts"'
    );
  });
});
