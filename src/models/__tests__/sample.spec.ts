import { describe, expect, it } from 'vitest';

import { parseMLmodel } from '../mlmodel';
import { defaultParams, firstInput, firstRequest } from '../sample';

const model = (inputs: unknown, params?: unknown) =>
  parseMLmodel(
    `flavors: {python_function: {}}\nsignature:\n  inputs: '${JSON.stringify(inputs)}'\n  outputs: null\n  params: ${params ? `'${JSON.stringify(params)}'` : 'null'}\n`
  );
const COLUMNS = model([
  { type: 'double', name: 'a', required: true },
  { type: 'string', name: 'b', required: true }
]);
const TENSOR = model([
  { type: 'tensor', 'tensor-spec': { dtype: 'float64', shape: [-1, 2] } }
]);

describe('firstInput', () => {
  it('is the example, one row to a line', () => {
    const text = firstInput(COLUMNS, '{"columns":["a"],"data":[[1],[2]]}');
    expect(text.split('\n')).toHaveLength(7);
    expect(JSON.parse(text)).toEqual({ columns: ['a'], data: [[1], [2]] });
  });

  it('is made from the signature where there is no example', () => {
    expect(JSON.parse(firstInput(COLUMNS, null))).toEqual([
      { a: 0, b: 'text' }
    ]);
    expect(JSON.parse(firstInput(TENSOR, null))).toEqual([[0, 0]]);
    expect(firstInput(parseMLmodel('flavors: {a: {}}'), null)).toBe('');
  });

  it('leaves what is no JSON as Python wrote it', () => {
    expect(firstInput(COLUMNS, '[[NaN]]')).toBe('[[NaN]]');
  });
});

describe('firstRequest', () => {
  it.each([
    [COLUMNS, '{"columns":["a"],"data":[[1]]}', 'dataframe_split'],
    [COLUMNS, '[{"a":1}]', 'dataframe_records'],
    [TENSOR, '[[1,2]]', 'inputs'],
    [TENSOR, '{"inputs":[[1,2]]}', 'inputs'],
    [COLUMNS, '{"messages":[]}', 'messages']
  ])('names the form of an example (%#)', (file, text, key) => {
    expect(Object.keys(JSON.parse(firstRequest(file, text, null)))).toEqual([
      key
    ]);
  });

  it("is the model's own where it has one", () => {
    expect(
      JSON.parse(firstRequest(COLUMNS, '[1]', '{"instances":[1]}'))
    ).toEqual({ instances: [1] });
  });
});

describe('defaultParams', () => {
  it('are those of the signature', () => {
    const file = model(
      [{ type: 'double', name: 'a' }],
      [{ name: 'top', type: 'long', default: 3, shape: null }]
    );
    expect(defaultParams(file)).toEqual({ top: 3 });
  });
});
