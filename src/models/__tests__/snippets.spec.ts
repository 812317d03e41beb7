import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { flavorFacts } from '../facts';
import { parseMLmodel } from '../mlmodel';
import { pythonString } from '../pythonInput';
import { ISnippet, shellWord, snippets } from '../snippets';
import { atLeast } from '../version';
import { CORPUS, corpusFiles } from './corpus';

const PYTHON = ['.venv/bin/python', 'python3'].find(
  name => spawnSync(name, ['-V']).status === 0
);

function make(
  text: string,
  mlflowVersion: string | null = null
): Record<string, ISnippet> {
  const model = parseMLmodel(text);
  const all = snippets({
    model,
    uri: "models/my 'best'",
    shellURI: "./my 'best'",
    mlflowVersion
  });
  return Object.fromEntries(all.map(snippet => [snippet.id, snippet]));
}

const SKLEARN = `flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl}
  sklearn: {pickled_model: model.pkl, sklearn_version: 1.4.2}
`;

describe('snippets', () => {
  it('load natively and as a Python function', () => {
    const found = make(SKLEARN);
    expect(found['load-sklearn'].code).toContain(
      'model = mlflow.sklearn.load_model("models/my \'best\'")'
    );
    expect(found['load-pyfunc'].code).toContain('mlflow.pyfunc.load_model');
    expect(found['predict-example']).toBeUndefined();
    expect(found['update-pip-requirements'].code).toContain(
      'add scikit-learn==1.4.2'
    );
  });

  it('quote the path for the shell', () => {
    expect(make(SKLEARN).serve.code).toBe(
      "mlflow models serve -m './my '\\''best'\\''' -p 5001 --env-manager local"
    );
  });

  it('fit the MLflow version: that of the kernel, else that of the model', () => {
    const old = make(SKLEARN, '1.20.0');
    expect(old.serve.code).toContain('--no-conda');
    expect(old['generate-dockerfile']).toBeUndefined();
    expect(old['update-pip-requirements']).toBeUndefined();
    expect(old.sagemaker.code).toContain('mlflow sagemaker deploy');
    expect(old['spark-udf'].code).not.toContain('env_manager');
    const byModel = make(`${SKLEARN}mlflow_version: 1.20.0\n`);
    expect(byModel.serve.code).toContain('--no-conda');
    const byKernel = make(`${SKLEARN}mlflow_version: 1.20.0\n`, '3.17.2');
    expect(byKernel.serve.code).toContain('--env-manager local');
  });

  it('leave out what needs python_function where there is none', () => {
    expect(
      Object.keys(make('flavors: {mleap: {mleap_version: 0.8.1}}'))
    ).toEqual([]);
    expect(make('flavors: {crate: {version: 0.2}}')['load-crate'].place).toBe(
      'r'
    );
    expect(Object.keys(make('flavors: {prophet: {data: m}}'))).toEqual([
      'load-prophet'
    ]);
  });

  it('say that a flavor is gone from a later MLflow', () => {
    expect(
      make('flavors: {fastai: {data: m}}', '3.1.0')['load-fastai'].code
    ).toContain('mlflow<3.0.0');
    expect(
      make('flavors: {fastai: {data: m}}', '2.9.0')['load-fastai'].code
    ).not.toContain('mlflow<3');
  });

  it('make data of the right types from the signature', () => {
    const inputs = [
      { name: 'a', type: 'integer' },
      { name: 'b"c', type: 'string' },
      { name: 'd', type: 'datetime' },
      {
        name: 'e',
        type: 'object',
        properties: { x: { type: 'array', items: { type: 'float' } } }
      }
    ];
    const text = `${SKLEARN}signature:\n  inputs: '${JSON.stringify(inputs)}'\n  params: '[{"name":"t","type":"boolean","default":true}]'\n`;
    const code = make(text)['predict-data'].code;
    expect(code).toContain('data = data.astype({"a": "int32"})');
    expect(code).toContain('"e": [{"x": [0.0]}]');
    expect(code).toContain('predict(data, params={"t": True})');
    const tensor = `${SKLEARN}signature:\n  inputs: '[{"type":"tensor","tensor-spec":{"dtype":"float32","shape":[-1,4]}}]'\n`;
    expect(make(tensor)['predict-data'].code).toContain(
      'np.zeros((1, 4), dtype="float32")'
    );
  });

  it('load every flavor of the table that Python can load', () => {
    for (const [name, facts] of Object.entries(flavorFacts())) {
      const found = make(`flavors: {${name}: {}}`);
      const expected =
        name === 'python_function' ? 'load-pyfunc' : `load-${name}`;
      expect(expected in found, name).toBe(
        facts.module !== null || facts.needs.includes('r')
      );
    }
  });

  // Skipped without a Python, or where the corpus of real files is not beside the checkout.
  it.skipIf(!PYTHON || !CORPUS)('are valid Python for every real file', () => {
    const codes: string[] = [];
    for (const [name, text] of corpusFiles('MLmodel')) {
      if (!name.startsWith('mlflow__mlflow__3.')) {
        codes.push(
          ...Object.values(make(text))
            .filter(s => s.place === 'python')
            .map(s => s.code)
        );
      }
    }
    expect(codes.length).toBeGreaterThan(100);
    const check =
      'import ast, json, sys\nfor code in json.load(sys.stdin): ast.parse(code)';
    const run = spawnSync(PYTHON ?? '', ['-c', check], {
      input: JSON.stringify(codes),
      encoding: 'utf8'
    });
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
  });

  it('escape what a literal cannot hold', () => {
    expect(pythonString('a"\\\n\u2028é')).toBe('"a\\"\\\\\\n\\u2028é"');
    expect(shellWord('a b;$(c)')).toBe("'a b;$(c)'");
  });
});

describe('atLeast', () => {
  it('compares release numbers, not texts', () => {
    expect(atLeast('2.10.0', '2.9.0')).toBe(true);
    expect(atLeast('1.29', '1.29.0')).toBe(true);
    expect(atLeast('3.11.2.dev0', '3.12')).toBe(false);
    expect(atLeast('unknown', '0.1')).toBe(false);
  });
});
