import { describe, expect, it } from 'vitest';

import { type IModelFile, parseMLmodel } from '../mlmodel';
import { describeSignature } from '../signature';
import { DescriptorError } from '../../yaml/tree';

const REAL = `artifact_path: model
flavors:
  python_function:
    data: model.pkl
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.sklearn
    python_version: 3.11.7
  sklearn:
    code: null
    pickled_model: model.pkl
    serialization_format: cloudpickle
    sklearn_version: 1.4.0
mlflow_version: 3.4.0
model_id: m-0123
model_size_bytes: 1437
run_id: 0123456789abcdef0123456789abcdef
saved_input_example_info:
  artifact_path: input_example.json
  type: dataframe
signature:
  inputs: '[{"type": "double", "name": "x", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
  params: null
utc_time_created: '2025-11-25 12:00:00.000000'
`;

const PIECES =
  '\n |\n  |: |- |[|]|{|}|"|\'|&a |*a|<<: *a|!!python/object/apply:os.system |---\n|...\n|#|%YAML 1.2\n|\t|\0|\u2028|😀|\ud800|null|~|.nan|1e999|0x1F|__proto__: 1\n|constructor: {}\n|[[[[[[|a: &b [*b]\n|? |> |\r|[]|-1|\\u0000|true: 1\n|flavors: []\n|signature: 1\n'.split(
    '|'
  );

/** The same numbers every time (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function spoiled(text: string, random: () => number): string {
  const place = () => Math.floor(random() * (text.length + 1));
  for (let i = 0, n = 1 + Math.floor(random() * 6); i < n; i++) {
    const at = place();
    switch (Math.floor(random() * 4)) {
      case 0:
        text = text.slice(0, at) + text.slice(at + Math.floor(random() * 40));
        break;
      case 1: {
        const piece = PIECES[Math.floor(random() * PIECES.length)];
        text = text.slice(0, at) + piece + text.slice(at);
        break;
      }
      case 2: {
        const from = place();
        text = text.slice(0, at) + text.slice(from, from + 60) + text.slice(at);
        break;
      }
      default:
        text =
          text.slice(0, at) +
          String.fromCharCode(Math.floor(random() * 0x3000)) +
          text.slice(at + 1);
    }
  }
  return text;
}

describe('spoiled MLmodel files', () => {
  it.each([1, 2])('are read, or refused with the place (seed %i)', seed => {
    const random = numbers(seed);
    let read = 0;
    let refused = 0;
    for (let i = 0; i < 1500; i++) {
      const text = spoiled(REAL, random);
      let model: IModelFile;
      try {
        model = parseMLmodel(text);
      } catch (error) {
        expect(error, JSON.stringify(text)).toBeInstanceOf(DescriptorError);
        expect((error as DescriptorError).message).not.toBe('');
        refused++;
        continue;
      }
      read++;
      JSON.stringify(model);
      if (model.signature) {
        describeSignature(model.signature);
      }
    }
    expect(read).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('take no time that grows with their nesting or their aliases', () => {
    const bomb = [
      'a0: &a0 [x, x]',
      ...Array.from(
        { length: 30 },
        (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`
      )
    ].join('\n');
    for (const text of [
      bomb,
      '['.repeat(100_000),
      '{a: '.repeat(50_000),
      `flavors: ${'- '.repeat(50_000)}`,
      'a: '.repeat(50_000)
    ]) {
      try {
        JSON.stringify(parseMLmodel(text));
      } catch (error) {
        expect(error).toBeInstanceOf(DescriptorError);
      }
    }
  });
});
