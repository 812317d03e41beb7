import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExample } from '../example';
import { IModelFile, parseMLmodel } from '../mlmodel';
import { ISnippet, snippets } from '../snippets';

const PYTHON = resolve('.venv/bin/python');
const HAS_MLFLOW =
  existsSync(PYTHON) &&
  spawnSync(PYTHON, ['-c', 'import mlflow.sklearn, pandas']).status === 0;
/** Spark is a large package that few have; where it is (PYTHONPATH counts), its code is run too. */
const HAS_SPARK =
  HAS_MLFLOW &&
  spawnSync(PYTHON, ['-c', 'import pyspark, setuptools']).status === 0;

const MAKE = `
import warnings; warnings.filterwarnings("ignore")
import mlflow.pyfunc, mlflow.sklearn, numpy as np, pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression

frame = pd.DataFrame({"sepal length": [0.1, 0.2, 0.4], "größe": np.array([1, 2, 3], dtype="int32"), "f": np.array([1, 2, 3], dtype="float32")})
fitted = LinearRegression().fit(frame, [1.0, 2.0, 3.0])
mlflow.sklearn.save_model(fitted, "my table", signature=infer_signature(frame, fitted.predict(frame), params={"alpha": 0.5, "names": ["a"]}), input_example=frame)
array = np.random.rand(5, 4)
fitted = LinearRegression().fit(array, array[:, 0])
mlflow.sklearn.save_model(fitted, "tensor", signature=infer_signature(array, array[:, 0]), input_example=array)

class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input

mlflow.pyfunc.save_model("custom", python_model=Echo(), input_example={"messages": [{"role": "user", "content": "hi"}]})
`;

/** Runs code that was made for one model, each piece in a namespace of its own. */
const RUN = `
import json, sys, warnings; warnings.filterwarnings("ignore")
for code in json.load(sys.stdin):
    exec(compile(code, "snippet", "exec"), {})
`;

/** Lets MLflow's own command line read the arguments, without running the command. */
const PARSE = `
import json, shlex, sys
from mlflow.cli import cli
for line in json.load(sys.stdin):
    words = shlex.split(line)
    assert words.pop(0) == "mlflow", line
    command = cli
    while hasattr(command, "commands") or hasattr(command, "list_commands"):
        name = words.pop(0)
        command = command.get_command(None, name)
        assert command is not None, line
    command.make_context(name, words)
`;

// Skipped where scripts/test has not made .venv with MLflow yet.
describe.skipIf(!HAS_MLFLOW)('models of the MLflow that is installed', () => {
  let folder = '';
  const models = new Map<string, IModelFile>();

  function python(code: string, input: unknown = null): void {
    const run = spawnSync(PYTHON, ['-c', code], {
      cwd: folder,
      encoding: 'utf8',
      input: JSON.stringify(input),
      env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true' }
    });
    expect(run.status, run.stderr).toBe(0);
  }

  function snippetsOf(name: string): ISnippet[] {
    const model = models.get(name);
    return model
      ? snippets({
          model,
          uri: `./${name}`,
          shellURI: `./${name}`,
          mlflowVersion: null
        })
      : [];
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'models-'));
    python(MAKE);
    for (const name of ['my table', 'tensor', 'custom']) {
      const text = readFileSync(join(folder, name, 'MLmodel'), 'utf8');
      models.set(name, parseMLmodel(text));
    }
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('have no key that is unknown here', () => {
    for (const model of models.values()) {
      expect(model.unknown).toEqual([]);
      expect(model.notices).toEqual([]);
    }
    const signature = models.get('my table')?.signature;
    expect(signature?.inputs?.map(c => c.name)).toEqual([
      'sepal length',
      'größe',
      'f'
    ]);
    expect(signature?.params?.map(p => p.default)).toEqual([0.5, ['a']]);
  });

  it('have examples that are shown as what they are', () => {
    const kinds = [...models].map(([name, model]) => {
      const path = join(folder, name, model.inputExample?.path ?? '');
      return parseExample(readFileSync(path, 'utf8')).kind;
    });
    expect(kinds).toEqual(['table', 'table', 'json']);
  });

  it('load and predict with the code that is offered', () => {
    const wanted = [
      'load-sklearn',
      'load-pyfunc',
      'predict-example',
      'predict-data'
    ];
    const codes = [...models.keys()].flatMap(name =>
      snippetsOf(name).filter(snippet => wanted.includes(snippet.id))
    );
    expect(codes).toHaveLength(11);
    python(
      RUN,
      codes.map(snippet => snippet.code)
    );
  }, 120_000);

  // Skipped without pyspark, which has 340 MB and wants Java.
  it.skipIf(!HAS_SPARK)(
    'predict in Spark with the code that is offered',
    () => {
      python(
        RUN,
        [...models.keys()].flatMap(name =>
          snippetsOf(name)
            .filter(snippet => snippet.id === 'spark-udf')
            .map(snippet => snippet.code)
        )
      );
    },
    300_000
  );

  it("have commands that MLflow's command line takes", () => {
    const lines = snippetsOf('my table')
      .filter(snippet => snippet.place === 'shell')
      .flatMap(snippet => snippet.code.replace(/\\\n/g, ' ').split('\n'))
      .filter(line => line.startsWith('mlflow '));
    expect(lines.length).toBeGreaterThan(6);
    python(PARSE, lines);
  }, 60_000);
});
