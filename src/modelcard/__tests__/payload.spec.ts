import { describe, expect, it } from 'vitest';

import { decodeCard } from '../payload';

const MODEL = {
  name: 'forest',
  model_id: 'm-1',
  uri: 'models:/m-1',
  run: 'r',
  run_name: 'fit',
  flavors: ['sklearn', 'python_function'],
  signature: '(a: double) → long',
  size: 12,
  mlmodel: 'flavors: {}',
  requirements: null,
  registered: [{ name: 'best', version: '2' }],
  store: 'team'
};

describe('decodeCard', () => {
  it('reads what the kernel writes', () => {
    const card = decodeCard({ version: 1, models: [MODEL], models_total: 30 });
    expect(card.total).toBe(30);
    expect(card.models[0]).toMatchObject({
      modelId: 'm-1',
      runName: 'fit',
      store: 'team',
      flavors: ['sklearn', 'python_function'],
      registered: [{ name: 'best', version: '2' }]
    });
  });

  it('bears what is missing or of another kind', () => {
    const card = decodeCard({
      version: 1,
      models: [{ name: 3, flavors: 'x', size: '1' }]
    });
    expect(card).toMatchObject({
      total: 1,
      models: [
        { name: '', flavors: [], size: null, registered: [], store: null }
      ]
    });
  });

  it.each([
    [null, 'card'],
    [[], 'card'],
    [{ version: 2, models: [] }, 'version 2'],
    [{ version: 1 }, 'models'],
    [{ version: 1, models: [3] }, 'models[0]']
  ])('refuses %j and says where', (data, at) => {
    expect(() => decodeCard(data)).toThrow(at);
  });
});
