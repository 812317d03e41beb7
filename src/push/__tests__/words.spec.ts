import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import type { IPush, IPushRun } from '../tokens';
import { endLine, progressLine, stateText } from '../words';

const trans = nullTranslator.load('jupyterlab_cellruns');

function run(changes: Partial<IPushRun>): IPushRun {
  return {
    run_id: 'a',
    name: 'calm-owl',
    asked: true,
    state: 'waiting',
    step: '',
    remote_run_id: null,
    made: false,
    points_sent: 0,
    points_total: 0,
    files_sent: 0,
    bytes_sent: 0,
    notices: [],
    error: null,
    ...changes
  };
}

function push(state: IPush['state'], ...runs: IPushRun[]): IPush {
  return { id: '1', source: 'local', target: 'team', state, error: null, runs };
}

describe('a push in words', () => {
  it('says which run it is at and how far', () => {
    const going = push(
      'running',
      run({ state: 'done' }),
      run({
        state: 'running',
        step: 'metrics',
        points_sent: 5,
        points_total: 20
      }),
      run({})
    );
    expect(progressLine(going, 'team', trans)).toBe(
      'Pushing to team: 1 of 3 runs · calm-owl · 5 of 20 points'
    );
  });

  it('says how it ended', () => {
    const good = run({ state: 'done' });
    const bad = run({ state: 'failed' });
    expect(endLine(push('done', good, good), 'team', trans)).toBe(
      '2 runs are in team'
    );
    expect(endLine(push('failed', good, bad), 'team', trans)).toBe(
      '1 run was not pushed to team as a whole'
    );
    expect(endLine(push('cancelled', good, run({})), 'team', trans)).toContain(
      'after 1 of 2 runs'
    );
    const error = { message: 'no answer', hint: null };
    expect(endLine({ ...push('failed'), error }, 'team', trans)).toBe(
      'Nothing was pushed to team: no answer'
    );
  });

  it('tells a copy that was made from one that was there', () => {
    expect(stateText(run({ state: 'done', made: true }), trans)).toBe('pushed');
    expect(stateText(run({ state: 'done' }), trans)).toBe('was there, checked');
  });
});
