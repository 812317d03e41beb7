import { describe, expect, it } from 'vitest';

import { executedCell } from '../record';

const RECORD = JSON.stringify({
  version: 1,
  cells: [
    { cell_id: 'a', execution_count: 1, source: 'first' },
    { cell_id: 'b', execution_count: 2, source: 'other' },
    { cell_id: 'a', execution_count: 3, source: 'second', truncated: true }
  ]
});

describe('executedCell', () => {
  it('finds the execution that made the run, else the last one of the cell', () => {
    expect(executedCell(RECORD, 'a', 1)?.source).toBe('first');
    expect(executedCell(RECORD, 'a', null)).toEqual({
      source: 'second',
      executionCount: 3,
      truncated: true
    });
    expect(executedCell(RECORD, 'c', 1)).toBeNull();
    expect(executedCell('no JSON', 'a', 1)).toBeNull();
    expect(executedCell('{"cells": 5}', 'a', 1)).toBeNull();
  });
});
