import { describe, expect, it } from 'vitest';
import {
  canonicalName,
  parseCondaEnv,
  parseCondaSpec,
  parsePythonEnv,
  parseRequirement,
  parseRequirements
} from '../environment';
import { DescriptorError } from '../../yaml/tree';
import { CORPUS, corpusFiles } from './corpus';

describe('parseRequirement', () => {
  it.each([
    ['scikit-learn==1.4.2', 'scikit-learn', '==1.4.2', null],
    [
      'mlflow[gateway] >= 2.1 , < 3 ; python_version < "3.12"  # why',
      'mlflow',
      '>=2.1,<3',
      'python_version < "3.12"'
    ],
    ['protobuf<=3.20.1  ', 'protobuf', '<=3.20.1', null],
    ['ipython', 'ipython', '', null],
    ['torch==2.1.0+cu118', 'torch', '==2.1.0+cu118', null],
    ['numpy (>=1.2)', 'numpy', '>=1.2', null]
  ])('%s', (text, name, specifier, marker) => {
    expect(parseRequirement(text)).toMatchObject({
      source: 'pip',
      name,
      specifier,
      marker
    });
  });

  it.each([
    ['git+https://example.org/chap.git@dev', null],
    ['-e git+https://example.org/chap.git#egg=chap', 'chap'],
    ['~/mlflow', null],
    ['.[train,cuda]', null],
    ['C:\\wheels\\x.whl', null]
  ])('%s comes from an address', (text, name) => {
    const requirement = parseRequirement(text);
    expect(requirement.url).not.toBeNull();
    expect(requirement.name).toBe(name);
  });

  it('keeps options and hashes apart', () => {
    expect(parseRequirement('-r requirements.txt').source).toBe('option');
    expect(parseRequirement('--require-hashes').source).toBe('option');
    expect(parseRequirement('a==1 --hash=sha256:00')).toMatchObject({
      name: 'a',
      specifier: '==1'
    });
    expect(
      parseRequirement('pkg @ https://example.org/pkg.whl ; os_name == "nt"')
    ).toMatchObject({
      name: 'pkg',
      url: 'https://example.org/pkg.whl',
      marker: 'os_name == "nt"'
    });
  });
});

describe('parseCondaSpec', () => {
  it.each([
    ['numpy', 'numpy', ''],
    ['mlflow=1.14.1', 'mlflow', '==1.14.1.*'],
    ['mkl_fft=1.3.0=py36he8ac12f_0', 'mkl_fft', '==1.3.0'],
    ['python==3.7', 'python', '==3.7'],
    ['conda-forge::numpy>=1.19.2', 'numpy', '>=1.19.2'],
    ['python=3.8 ', 'python', '==3.8.*']
  ])('%s', (text, name, specifier) => {
    expect(parseCondaSpec(text)).toMatchObject({
      source: 'conda',
      name,
      specifier
    });
  });
});

describe('files', () => {
  it('reads requirements.txt with continuations and comments', () => {
    const environment = parseRequirements(
      '\ufeffmlflow==2.17.0\r\n# c\r\n\r\npandas \\\r\n  >=2\r\n-r x.txt\r\n'
    );
    expect(
      environment.requirements.map(r => [r.name, r.specifier, r.line])
    ).toEqual([
      ['mlflow', '==2.17.0', 1],
      ['pandas', '>=2', 4],
      [null, '', 6]
    ]);
  });

  it('reads python_env.yaml without turning 3.10 into 3.1', () => {
    const environment = parsePythonEnv(
      'python: 3.10\nbuild_dependencies: [pip==22.2.2]\ndependencies:\n- -r requirements.txt\n'
    );
    expect(environment.python).toBe('3.10');
    expect(environment.build[0]).toMatchObject({
      name: 'pip',
      specifier: '==22.2.2'
    });
    expect(environment.requirements[0].source).toBe('option');
  });

  it('reads conda.yaml with its pip part', () => {
    const environment = parseCondaEnv(
      'name: e\nchannels: [conda-forge]\ndependencies:\n- python=3.11.7\n- pip<=23\n- pip:\n  - mlflow==2.1\n  - -r a.txt\nprefix: /x\n'
    );
    expect(environment).toMatchObject({
      name: 'e',
      python: '3.11.7',
      channels: ['conda-forge']
    });
    expect(environment.requirements.map(r => r.text)).toEqual([
      'pip<=23',
      'mlflow==2.1',
      '-r a.txt'
    ]);
    expect(environment.unknown).toEqual([{ key: 'prefix', value: '/x' }]);
  });

  it('tells the place of a mistake', () => {
    expect(() => parseCondaEnv('dependencies:\n\t- x\n')).toThrow(
      DescriptorError
    );
    expect(() => parsePythonEnv('- a')).toThrow(DescriptorError);
    expect(parseCondaEnv('')).toMatchObject({ requirements: [] });
  });

  // Skipped where the corpus of real files is not beside the checkout.
  it.skipIf(!CORPUS).each(corpusFiles('envs'))('real file %s', (name, text) => {
    const parse = /python_env/.test(name) ? parsePythonEnv : parseCondaEnv;
    if (name.startsWith('mlflow__mlflow-example__1')) {
      // Someone pasted the shell command into the file.
      expect(() => parse(text)).toThrow(DescriptorError);
      return;
    }
    const environment = parse(text);
    expect(environment.requirements.length).toBeGreaterThan(0);
    for (const item of environment.requirements) {
      expect(
        item.name ?? item.url ?? (item.source === 'option' || null)
      ).not.toBeNull();
    }
  });

  it('compares names as indexes do', () => {
    expect(canonicalName('Mkl_FFT.x')).toBe('mkl-fft-x');
  });
});
