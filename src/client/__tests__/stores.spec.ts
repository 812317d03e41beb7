import { describe, expect, it } from 'vitest';

import { decodeRunsChanged, RUNS_CHANGED_SCHEMA } from '../events';
import { FIRST_CHOICE, resolveScope } from '../../table/scope';

describe('stores', () => {
  it('takes the state of each store out of an event, and leaves out what it does not know', () => {
    const change = decodeRunsChanged({
      schema_id: RUNS_CHANGED_SCHEMA,
      runs: [
        { run_id: 'a', store: 'team', experiment_id: '1', status: 'RUNNING' },
        { run_id: 'b', experiment_id: null, status: 'odd' }
      ],
      store_state: 'ready',
      stores: {
        local: { state: 'ready', waiting: 0 },
        team: { state: 'away', waiting: 1200 },
        other: { state: 'nonsense', waiting: 'x' },
        bad: 7
      },
      waiting: 1200,
      problems: 0
    });
    expect(change?.runs.map(run => run.store)).toEqual(['team', null]);
    expect(change?.stores).toEqual({
      local: { state: 'ready', waiting: 0 },
      team: { state: 'away', waiting: 1200 },
      other: { state: null, waiting: 0 }
    });
  });

  it('lists all runs of the store of the notebook in front, and keeps each store’s table state apart', () => {
    const all = { ...FIRST_CHOICE, mode: 'all' as const };
    const local = resolveScope(all, 'a.ipynb');
    const team = resolveScope(all, 'a.ipynb', 'team');
    expect(local.scope).not.toHaveProperty('store');
    expect(team.scope).toMatchObject({ store: 'team' });
    expect(team.place).not.toBe(local.place);
    // A notebook's own runs: the server knows its store.
    const own = resolveScope(FIRST_CHOICE, 'a.ipynb', 'team');
    expect(own.scope).toMatchObject({ notebook: 'a.ipynb' });
  });
});
