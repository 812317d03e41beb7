import { describe, expect, it } from 'vitest';
import { flavorOf, flavorText, IModelFile, parseMLmodel } from '../mlmodel';
import { describeSignature, describeType } from '../signature';
import { DescriptorError, LIMITS } from '../../yaml/tree';
import { CORPUS, corpusFiles } from './corpus';

function errorOf(text: string): DescriptorError {
  try {
    parseMLmodel(text);
  } catch (error) {
    expect(error).toBeInstanceOf(DescriptorError);
    return error as DescriptorError;
  }
  throw new Error('The text was read although it is bad.');
}

// Skipped where the corpus of real files is not beside the checkout.
describe.skipIf(!CORPUS)('real files', () => {
  const files = corpusFiles('MLmodel').filter(
    ([name]) => !name.startsWith('mlflow__mlflow__3.')
  );

  it.each(files)('%s: every key is shown or listed', (_, text) => {
    const model = parseMLmodel(text);
    expect(model.flavors.length).toBeGreaterThan(0);
    expect(model.notices).toEqual([]);
    expect(model.unknown).toEqual([]);
    const shown = JSON.stringify(model);
    for (const [, key, value] of text.matchAll(/^ +(\w+): ([\w.]{3,})\r?$/gm)) {
      if (value !== 'null') {
        expect(shown).toContain(key);
        expect(shown).toContain(value);
      }
    }
    if (/^signature:/m.test(text)) {
      expect(describeSignature(model.signature!)).not.toContain('"');
    }
  });

  it('names the place of the mistake in the file that is not YAML', () => {
    const [, text] = corpusFiles('MLmodel').find(([name]) =>
      name.startsWith('mlflow__mlflow__3.')
    )!;
    const error = errorOf(text);
    expect(error.position.line).toBe(10);
    expect(error.hint).toContain('quotes');
  });

  it('reads a column table of 66 columns and integer names', () => {
    const read = (part: string): IModelFile =>
      parseMLmodel(
        corpusFiles('MLmodel').find(([n]) => n.startsWith(part))![1]
      );
    expect(read('thomaszilliox1').signature!.inputs).toHaveLength(66);
    expect(
      read('Azure__azureml-examples__1').signature!.outputs!.map(c => c.name)
    ).toEqual(['0', '1', '2']);
    const chat = read('mlflow__mlflow__6');
    expect(describeType(chat.signature!.inputs![0].type)).toBe(
      'array<{content: string, role: string}>'
    );
    expect(chat.resources).toMatchObject({ api_version: '1' });
    expect(chat.databricksRuntime).toBe('14.3');
  });
});

describe('flavors made by hand', () => {
  const configs: [string, string, string][] = [
    [
      'catboost',
      'catboost_version: 1.2.8\n    data: model.cb\n    model_type: CatBoostClassifier\n    save_format: cbm',
      'cbm'
    ],
    ['prophet', 'prophet_version: 1.1.7\n    data: model.pr', 'model.pr'],
    ['h2o', 'h2o_version: 3.46.0.6\n    data: model.h2o', '3.46.0.6'],
    ['spacy', 'spacy_version: 3.8.3\n    data: model.spacy', 'model.spacy'],
    ['fastai', 'fastai_version: 2.7.12\n    data: model.fastai', '2.7.12'],
    ['paddle', 'paddle_version: 3.0.0\n    pickled_model: model', '3.0.0'],
    ['pmdarima', 'pmdarima_version: 2.1.0\n    data: model.pmd', '2.1.0'],
    [
      'sentence_transformers',
      'sentence_transformers_version: 3.2.0\n    source_model_name: all-mini',
      'all-mini'
    ],
    ['crate', 'version: 0.2.1\n    model: crate.bin', '0.2.1']
  ];

  it.each(configs)('%s keeps all its options', (name, config, expected) => {
    const model = parseMLmodel(
      `flavors:\n  ${name}:\n    ${config}\nmodel_uuid: abc\n`
    );
    const flavor = flavorOf(model, name)!;
    expect(Object.values(flavor.sources)).toContain(expected);
    expect(Object.keys(flavor.config)).toHaveLength(config.split('\n').length);
  });

  it('keeps a version as it is written', () => {
    const model = parseMLmodel(
      'flavors:\n  python_function: {python_version: 3.10, loader_module: x}\nmlflow_version: 2.10\n'
    );
    expect(model.pythonVersion).toBe('3.10');
    expect(model.mlflowVersion).toBe('2.10');
    expect(flavorText(model.flavors[0], 'python_version')).toBe('3.10');
  });

  it('reads params, nested types and a decoded signature', () => {
    const columns = [
      {
        type: 'map',
        values: { type: 'array', items: { type: 'double' } },
        name: 'm',
        required: false
      },
      { type: 'any', name: 'y' },
      { type: 'sparkml_vector', name: 'v' },
      { type: 'novel', name: 'n', bits: 4 }
    ];
    const params =
      '[{"name": "thr", "type": "double", "default": NaN, "shape": null}]';
    const asText = `signature:\n  inputs: '${JSON.stringify(columns)}'\n  outputs: null\n  params: '${params}'\n`;
    const asList = `signature:\n  inputs: ${JSON.stringify(columns)}\n  outputs: null\n  params: ${params}\n`;
    for (const text of [asText, asList]) {
      const model = parseMLmodel(`flavors: {}\n${text}`);
      const { inputs, outputs, params: read } = model.signature!;
      expect(inputs!.map(c => describeType(c.type))).toEqual([
        'map<string, array<double>>',
        'any',
        'sparkml_vector',
        '{"type":"novel","bits":4}'
      ]);
      expect(inputs!.map(c => c.name)).toEqual(['m', 'y', 'v', 'n']);
      expect(inputs![0].required).toBe(false);
      expect(inputs![1].required).toBe(true);
      expect(outputs).toBeNull();
      expect(read![0]).toMatchObject({ name: 'thr', default: 'NaN' });
    }
  });

  it('reads JSON, anchors, a byte order mark and CRLF', () => {
    const text =
      '\ufeff{"flavors": {"a": &x {"v": 1}, "b": *x}, "run_id": null, "model_id": "m-1"}\r\n';
    const model = parseMLmodel(text);
    expect(model.flavors.map(f => f.config)).toEqual([{ v: 1 }, { v: 1 }]);
    expect(model.runId).toBeNull();
    expect(model.modelId).toBe('m-1');
  });

  it('reads a file of 2018 and an unquoted time', () => {
    const model = parseMLmodel(
      'time_created: 2018-08-10 18:34:28.720095\nflavors:\n  mleap: {mleap_version: 0.8.1}\n'
    );
    expect(model.created).toBe('2018-08-10 18:34:28.720095');
  });

  it('lists keys it does not know with their place', () => {
    const model = parseMLmodel(
      'flavors: {}\nmetadata: {a.b: 1}\nfuture: {x: [1]}\nsignature: {inputs: null, later: 2}\n'
    );
    expect(model.metadata).toEqual({ 'a.b': 1 });
    expect(model.unknown).toEqual([
      { key: 'future', value: { x: [1] }, line: 3, column: 9 },
      { key: 'signature.later', value: 2, line: 4, column: 34 }
    ]);
  });

  it('tells about wrong types and a broken signature but shows the rest', () => {
    const model = parseMLmodel(
      'flavors: {a: {}}\nrun_id: [1]\nmodel_size_bytes: big\nsignature:\n  inputs: "[{"\n  outputs: 3\n'
    );
    expect(model.flavors).toHaveLength(1);
    expect(model.unknown.map(u => u.key)).toEqual([
      'run_id',
      'model_size_bytes'
    ]);
    expect(model.notices.map(n => n.line).sort()).toEqual([2, 3, 5, 6]);
  });
});

describe('bad files', () => {
  it.each([
    ['tabs', 'flavors:\n\tsklearn: {}\n', 2, 'spaces'],
    ['duplicate key', 'flavors: {}\nrun_id: a\nrun_id: b\n', 3, 'Keep one'],
    ['duplicate flavor', 'flavors:\n  a: {}\n  a: {}\n', 3, 'Keep one'],
    ['no map', '- 1\n', 1, 'flavors'],
    ['empty', '', 1, 'flavors'],
    ['flavors a number', 'run_id: x\nflavors: 3\n', 2, 'key per flavor'],
    ['flavor a list', 'flavors:\n  sklearn: [1]\n', 2, 'sklearn: {}'],
    ['unclosed quote', 'flavors: {}\nrun_id: "abc\n', 3, 'close'],
    ['two documents', 'flavors: {}\n---\nflavors: {}\n', 2, 'one document'],
    ['unknown alias', 'flavors: *nothing\n', 1, 'nothing'],
    ['alias in itself', 'flavors: &a {x: *a}\n', 1, 'itself'],
    ['list as key', 'flavors: {}\n? [a]\n: 1\n', 2, 'plain text']
  ])('%s: line and advice', (_, text, line, advice) => {
    const error = errorOf(text);
    expect(error.position.line).toBe(line);
    expect(error.position.column).toBeGreaterThan(0);
    expect(`${error.message} ${error.hint}`).toContain(advice);
  });

  it.each([
    ['10 MB', 'a: b\n'.repeat(2_000_000)],
    [
      'many keys',
      Array.from({ length: 90_000 }, (_, i) => `k${i}: 1`).join('\n')
    ],
    ['many commas', `a: [${','.repeat(500_000)}]`],
    ['deep lists', '['.repeat(400_000)],
    ['deep maps', 'a: {'.repeat(14_000)],
    ['dashes', '- '.repeat(25_000)],
    ['question marks', '? '.repeat(25_000)]
  ])('%s is refused at once, with a place', (_, text) => {
    const start = performance.now();
    const error = errorOf(text);
    expect(performance.now() - start).toBeLessThan(400);
    expect(error.position.line).toBeGreaterThan(0);
  });

  it('refuses an alias bomb', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 12; i++) {
      lines.push(
        `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(', ')}]`
      );
    }
    const error = errorOf(lines.join('\n'));
    expect(error.message).toContain(String(LIMITS.nodes));
    expect(error.position.line).toBe(5);
  });

  it('keeps prototype names as plain keys', () => {
    const model = parseMLmodel(
      'flavors: {__proto__: {a: 1}, constructor: {b: 2}}\nmetadata: {__proto__: 1}\n'
    );
    expect(model.flavors.map(f => f.name)).toEqual([
      '__proto__',
      'constructor'
    ]);
    expect(Object.keys(model.metadata as object)).toEqual(['__proto__']);
  });
});

// Skipped where the corpus of real files is not beside the checkout.
describe.skipIf(!CORPUS)('mutated files', () => {
  /** A small generator, so that a failure can be repeated. */
  function generator(seed: number): (below: number) => number {
    let state = seed;
    return below => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
  }

  it('give a model or the typed error, in less than 200 ms', () => {
    const files = corpusFiles('MLmodel');
    const pieces = [
      '\t',
      '"',
      "'",
      '{',
      '[',
      ']',
      '}',
      ':',
      ': ',
      '&a ',
      '*a',
      '!x ',
      '- ',
      '? ',
      '\n',
      '\r',
      '\0',
      '|',
      '#',
      '%',
      '---\n',
      '<<: ',
      '\u2028',
      '\ud800',
      '0x',
      '~',
      '.nan'
    ];
    const next = generator(20261124);
    let slowest = 0;
    for (let round = 0; round < 4000; round++) {
      let [, text] = files[next(files.length)];
      for (let change = next(4); change >= 0; change--) {
        const at = next(text.length + 1);
        const piece = pieces[next(pieces.length)].repeat(
          next(8) ? 1 : next(400)
        );
        text =
          text.slice(0, at) + piece + text.slice(at + (next(2) ? next(60) : 0));
      }
      const start = performance.now();
      try {
        const model = parseMLmodel(text);
        JSON.stringify(model);
        if (model.signature) {
          describeSignature(model.signature);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(DescriptorError);
        expect((error as DescriptorError).position.line).toBeGreaterThan(0);
      }
      slowest = Math.max(slowest, performance.now() - start);
    }
    expect(slowest).toBeLessThan(200);
  });
});
