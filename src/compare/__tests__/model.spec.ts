import { PromiseDelegate } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import { describe, expect, it } from 'vitest';

import { RunsError } from '../../client/errors';
import type { IRunBrief, IRunsClient } from '../../client/tokens';
import { CompareModel } from '../model';
import { type ICompareState, newState } from '../state';

/** A store of two runs that answers when it is told to, and what it was asked. */
class Store {
  readonly asked: string[] = [];
  readonly compare = new PromiseDelegate<void>();

  readonly client = {
    runsChanged: new Signal<unknown, unknown>({}),
    compare: async (ids: readonly string[]) => {
      this.asked.push(`compare ${ids.join(' ')}`);
      await this.compare.promise;
      return {
        runs: ids.filter(id => id !== 'gone').map(brief),
        missing: ids.filter(id => id === 'gone')
      };
    },
    series: async (id: string, keys: readonly string[]) => {
      this.asked.push(`series ${id} ${keys.join(' ')}`);
      if (id === 'gone') {
        throw RunsError.from(new Error('There is no run gone'));
      }
      return [];
    }
  } as unknown as IRunsClient;

  open(state: Partial<ICompareState>): CompareModel {
    return new CompareModel({
      client: this.client,
      state: { ...newState([]), view: 'curves', ...state }
    });
  }
}

function brief(id: string): IRunBrief {
  const metric = { value: 1, step: 0, timestamp: 0 };
  return {
    run: {
      run_id: id,
      name: id,
      params: {},
      metrics: { loss: metric, acc: metric }
    },
    tags: {},
    datasets: [],
    models: [],
    artifact_uri: ''
  } as unknown as IRunBrief;
}

const settled = (): Promise<void> => new Promise(done => setTimeout(done));

describe('CompareModel', () => {
  it('asks for curves that were chosen by name while the runs are on their way, once', async () => {
    const store = new Store();
    store.open({ runs: ['a', 'b'], metrics: ['loss'] });
    expect([...store.asked].sort()).toEqual([
      'compare a b',
      'series a loss',
      'series b loss'
    ]);
    store.compare.resolve();
    await settled();
    expect(store.asked).toHaveLength(3);
  });

  it('waits for the runs where the curves are those that they have', async () => {
    const store = new Store();
    store.open({ runs: ['a'] });
    expect(store.asked).toEqual(['compare a']);
    store.compare.resolve();
    await settled();
    expect(store.asked).toEqual(['compare a', 'series a acc loss']);
  });

  it('says that a run is missing, not that its curve could not be had', async () => {
    const store = new Store();
    const model = store.open({ runs: ['a', 'gone'], metrics: ['loss'] });
    await settled();
    store.compare.resolve();
    await settled();
    expect(model.missing).toEqual(['gone']);
    expect(model.error).toBeNull();
    expect(store.asked.filter(one => one.includes('series'))).toHaveLength(2);
  });
});
