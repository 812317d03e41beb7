import { describe, expect, it } from 'vitest';
import { parseRequirements } from '../environment';
import { parseMLmodel } from '../mlmodel';
import {
  IFlavorVerdict,
  IFound,
  IKernelEnvironment,
  judge,
  wantedBy
} from '../verdict';
import { CORPUS, corpusFiles } from './corpus';

type Installed = Record<string, [IFound['state'], string | null, number?]>;

function verdicts(
  text: string,
  installed: Installed,
  kernel: Partial<IKernelEnvironment> = {},
  requirements = ''
): Record<string, IFlavorVerdict> {
  const model = parseMLmodel(text);
  const environment = parseRequirements(requirements);
  const answers = wantedBy(model, environment).map(want => {
    const [state, version, order] = installed[want.name] ?? ['missing', null];
    return {
      name: want.name,
      specifier: want.specifier,
      installed: version,
      state,
      order: order ?? 0
    };
  });
  const here: IKernelEnvironment = {
    python: '3.11.7',
    implementation: 'CPython',
    executable: 'python',
    tools: ['libgomp'],
    mlflow: '3.17.2',
    requirements: answers,
    ...kernel
  };
  return Object.fromEntries(
    judge(model, environment, here).map(v => [v.flavor, v])
  );
}

const SKLEARN = `flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.2}
  sklearn: {sklearn_version: 1.4.2, serialization_format: cloudpickle}
`;

describe('judge', () => {
  it('is ready where everything fits', () => {
    const found = verdicts(SKLEARN, { 'scikit-learn': ['ok', '1.4.2'] });
    expect(found.sklearn).toEqual({
      flavor: 'sklearn',
      verdict: 'ready',
      reasons: [],
      pip: null
    });
    expect(found.python_function.verdict).toBe('ready');
  });

  it('tells a missing package and the line that installs it', () => {
    const found = verdicts(SKLEARN, {}, { mlflow: null });
    expect(found.sklearn).toMatchObject({
      verdict: 'missing',
      pip: 'pip install mlflow scikit-learn==1.4.2'
    });
    expect(found.python_function).toMatchObject({
      verdict: 'missing',
      pip: 'pip install mlflow scikit-learn==1.4.2'
    });
  });

  it('tells an older and a newer version', () => {
    const older = verdicts(SKLEARN, {
      'scikit-learn': ['differs', '1.3.0', -1]
    }).sklearn;
    expect(older).toMatchObject({
      verdict: 'version',
      pip: 'pip install scikit-learn==1.4.2'
    });
    expect(older.reasons[0]).toContain('older than 1.4.2');
    const newer = verdicts(SKLEARN, {
      'scikit-learn': ['differs', '1.9.1', 1]
    }).sklearn;
    expect(newer.reasons[0]).toContain('newer than 1.4.2');
  });

  it('minds Python only where objects were pickled', () => {
    const installed: Installed = {
      'scikit-learn': ['ok', '1.4.2'],
      xgboost: ['ok', '2.0']
    };
    expect(
      verdicts(SKLEARN, installed, { python: '3.12.1' }).sklearn.verdict
    ).toBe('python');
    const booster =
      'flavors:\n  python_function: {loader_module: mlflow.xgboost, python_version: 3.10.1}\n  xgboost: {xgb_version: 2.0}\n';
    const found = verdicts(booster, installed);
    expect(found.xgboost.verdict).toBe('ready');
    expect(found.xgboost.reasons[0]).toContain('does not depend');
  });

  it('lets the worst finding decide and keeps all reasons', () => {
    const found = verdicts(SKLEARN, {}, { python: '3.8.1' }).sklearn;
    expect(found.verdict).toBe('missing');
    expect(found.reasons).toHaveLength(2);
  });

  it('asks for Java, OpenMP and R where they are needed', () => {
    const installed: Installed = {
      pyspark: ['ok', '3.5.0'],
      lightgbm: ['ok', '4.6.0'],
      h2o: ['ok', '3.46']
    };
    const text =
      'flavors:\n  spark: {pyspark_version: 3.5.0}\n  lightgbm: {lgb_version: 4.6.0}\n  h2o: {h2o_version: 3.46}\n  crate: {version: 0.1}\n  mleap: {mleap_version: 0.8}\n';
    const bare = verdicts(text, installed, { tools: [] });
    expect(Object.values(bare).map(v => v.verdict)).toEqual(
      Array(5).fill('native')
    );
    const full = verdicts(text, installed, { tools: ['java', 'libgomp'] });
    expect([
      full.spark.verdict,
      full.lightgbm.verdict,
      full.h2o.verdict
    ]).toEqual(['ready', 'ready', 'ready']);
  });

  it('takes the whole list of a custom model', () => {
    const text =
      'flavors:\n  python_function: {loader_module: mlflow.pyfunc.model, cloudpickle_version: 3.0.0, python_version: 3.11.1}\n';
    const found = verdicts(
      text,
      { cloudpickle: ['ok', '3.0.0'] },
      {},
      'mlflow==2.1\nlightgbm>=4,<5\n'
    ).python_function;
    expect(found).toMatchObject({
      verdict: 'missing',
      pip: 'pip install "lightgbm>=4,<5"'
    });
  });

  it('says that a flavor is gone', () => {
    const found = verdicts('flavors: {fastai: {fastai_version: 2.7}}', {
      fastai: ['ok', '2.7']
    }).fastai;
    expect(found).toMatchObject({
      verdict: 'version',
      pip: 'pip install "mlflow<3.0.0"'
    });
  });

  it('asks for the package of a foreign flavor by its version key', () => {
    const text =
      'flavors:\n  mlflow_sktime: {sktime_version: 0.31.0}\n  python_function: {loader_module: sktime.utils.mlflow_sktime}\n';
    expect(verdicts(text, {}).mlflow_sktime).toMatchObject({
      verdict: 'missing',
      pip: 'pip install sktime==0.31.0'
    });
    expect(verdicts('flavors: {odd: {a: 1}}', {}).odd.verdict).toBe('unknown');
  });

  // Skipped where the corpus of real files is not beside the checkout.
  it.skipIf(!CORPUS)('judges every flavor of every real file', () => {
    for (const [name, text] of corpusFiles('MLmodel')) {
      if (!name.startsWith('mlflow__mlflow__3.')) {
        for (const verdict of Object.values(verdicts(text, {}))) {
          expect(verdict.verdict, name).not.toBe('ready');
          expect(verdict.reasons.length, name).toBeGreaterThan(0);
        }
      }
    }
  });
});
