import { describe, expect, it } from 'vitest';

import type { IRunDetail } from '../../client/tokens';
import { parseMLmodel } from '../../models/mlmodel';
import { compareSides, differs, type ISide } from '../compare';

function side(version: string, changes: Partial<ISide> = {}): ISide {
  const text = `flavors: {sklearn: {}}\nmlflow_version: 3.1\nsignature:\n  inputs: '[{"type": "${version === '1' ? 'double' : 'long'}", "name": "a"}]'\n  outputs: null\n`;
  return {
    version: { name: 'm', version },
    file: parseMLmodel(text),
    run: {
      params: { C: version, seed: '0' },
      metrics: [{ key: 'rmse', last: Number(version) }],
      run: { name: `fit ${version}`, notebook: 'a.ipynb' }
    } as unknown as IRunDetail,
    requirements: `numpy==2.${version}\npandas==2\n`,
    ...changes
  };
}

const changed = (left: ISide, right: ISide): Record<string, string[]> =>
  Object.fromEntries(
    compareSides(left, right).map(part => [
      part.title,
      part.lines.filter(differs).map(line => line.name)
    ])
  );

describe('compareSides', () => {
  it('finds what differs in signature, params, metrics and environment', () => {
    expect(changed(side('1'), side('2'))).toEqual({
      Model: ['Run'],
      Signature: ['input a'],
      Params: ['C'],
      Metrics: ['rmse'],
      Environment: ['numpy']
    });
  });

  it('shows what only one side has', () => {
    const bare = side('2', { file: null, run: null, requirements: null });
    const params = compareSides(side('1'), bare).find(
      part => part.title === 'Params'
    );
    expect(params?.lines).toEqual([
      { name: 'C', left: '1', right: null },
      { name: 'seed', left: '0', right: null }
    ]);
  });
});
