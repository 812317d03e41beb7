import { describe, expect, it } from 'vitest';
import { corpusFiles } from '../../models/__tests__/corpus';
import { DescriptorError } from '../../yaml/tree';
import { warningsOf } from '../check';
import {
  CommandError,
  commandLine,
  findEntryPoint,
  mlflowRun
} from '../command';
import { IParameter, parseMLproject, withoutMLproject } from '../mlproject';
import { asPythonPrints, checkValue, sweepValues } from '../values';

const warned = (text: string, name?: string): string =>
  warningsOf(parseMLproject(text), name)
    .map(n => `${n.line}:${n.column} ${n.message}`)
    .join('\n');

describe('warningsOf', () => {
  it.each([
    [
      'entry_points:\n  main:\n    command: go {x}\n',
      '3:14 The command uses {x}'
    ],
    [
      'entry_points:\n  main:\n    parameters: {x: float}\n    command: go\n',
      '3:21 The command does not use the parameter “x”'
    ],
    [
      'entry_points:\n  main:\n    parameters: {x: {type: float, default: fast}}\n    command: go {x}\n',
      'The default “fast” of “x” does not fit'
    ],
    [
      'entry_points:\n  main:\n    parameters: {x: {type: path, default: data}}\n    command: go {x}\n',
      'The default path “data” is relative'
    ],
    [
      'entry_points:\n  main:\n    parameters: {x: string}\n    command: go "{x}"\n',
      'Quotes around {x}'
    ],
    ['entry_points:\n  main:\n    command: go ${HOME}\n', 'uses {HOME}'],
    [
      'entry_points:\n  main:\n    command: go {a\n',
      "expected '}' before end of string"
    ],
    ['entry_points:\n  main:\n    parameters: {}\n', 'has no command'],
    ['uv: x\n', 'does not know the key “uv”'],
    ['uv_env: pyproject.toml\n', 'does not know the key “uv_env”'],
    [
      'name: My Project\ndocker_env: {image: i, build_context: ., environment: ["A=b"]}\n',
      'cannot be the name of a Docker image'
    ],
    [
      'name: x\ndocker_env: {image: i, environment: ["A=b"]}\n',
      'whole name “A=b”'
    ],
    ['name: x\nname: y\n', 'stands twice']
  ])('%j', (text, expected) => {
    expect(warned(text)).toContain(expected);
  });

  it('says that MLflow does not read the file', () => {
    expect(warned('name: x\n', 'MLproject.yaml')).toContain(
      'does not read a file named'
    );
    expect(warned('name: x\npython_env: e.yaml\n', 'MLProject')).toBe('');
  });

  it.each(corpusFiles('MLproject'))(
    'real file %s: places lie in the text',
    (_, text) => {
      const lines = text.split(/\r\n|\r|\n/);
      let notices;
      try {
        notices = warningsOf(parseMLproject(text));
      } catch (error) {
        expect(error).toBeInstanceOf(DescriptorError);
        notices = [(error as DescriptorError).position];
      }
      for (const { line, column } of notices) {
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeLessThanOrEqual(lines[line - 1].length + 1);
      }
    }
  );
});

describe('errors', () => {
  it.each([
    ['entry_points:\n  main: python x.py\n', 2, 9],
    [
      'entry_points:\n  main:\n    parameters:\n      a: 5\n    command: x\n',
      4,
      10
    ],
    ['name: a\nentry_points: [\n', 3, 1],
    ['docker_env:\n  image:\n', 2, 9],
    ['python_env: a\nconda_env: b\n', 2, 12]
  ])('%j', (text, line, column) => {
    try {
      parseMLproject(text);
      expect.unreachable();
    } catch (error) {
      expect((error as DescriptorError).position).toEqual({ line, column });
      expect((error as DescriptorError).hint).not.toBe('');
    }
  });
});

describe('entry points', () => {
  it('are scripts where there is no MLproject', () => {
    const project = withoutMLproject({ has: path => path === 'conda.yaml' });
    expect(project.environment).toEqual({ kind: 'conda', path: 'conda.yaml' });
    const line = (name: string): string =>
      commandLine(
        findEntryPoint(project, name, '/bin/zsh'),
        new Map([['a b', 'c d']])
      );
    expect(line('my train.py')).toBe("python 'my train.py' --'a b' 'c d'");
    expect(line('x.sh')).toBe("/bin/zsh x.sh --'a b' 'c d'");
    expect(line('x.R')).toBe(
      "Rscript -e \"mlflow::mlflow_source('x.R')\" --args --'a b' 'c d'"
    );
    expect(() => findEntryPoint(project, 'x.ipynb')).toThrow(CommandError);
    expect(() => findEntryPoint(project, '.py')).toThrow(CommandError);
  });

  it('make the line that a user would type', () => {
    const parameters = new Map([['a', "it's"]]);
    expect(
      mlflowRun({
        uri: 'x y',
        entryPoint: 'e',
        parameters,
        manager: 'uv',
        version: 'v1'
      })
    ).toBe(`mlflow run 'x y' -e e -P 'a=it'"'"'s' -v v1 --env-manager uv`);
  });
});

describe('values', () => {
  const parameter = (
    type: string,
    standard: string | null = null
  ): IParameter => ({
    name: 'x',
    type,
    default: standard,
    description: null,
    line: 1,
    column: 1
  });
  it.each([
    ['float', '1e-3', true],
    ['float', '.5', true],
    ['float', '1.', true],
    ['float', '-inf', true],
    ['float', '1,5', false],
    ['float', '', false],
    ['int', '10', true],
    ['int', '1.0', false],
    ['bool', 'True', true],
    ['bool', 'maybe', false],
    ['uri', 's3://a', true],
    ['uri', 'a/b', false],
    ['path', 'a/b', true],
    ['str', 'anything', true],
    ['string', '', false]
  ])('%s %j', (type, value, fits) => {
    expect(checkValue(parameter(type), value) === null).toBe(fits);
  });
  it('take the default as it is', () => {
    expect(checkValue(parameter('int', 'None'), 'None')).toBeNull();
  });
  it.each([
    ['float', '1e-3', '0.001'],
    ['float', '1E-5', '1e-05'],
    ['float', '5', '5'],
    ['float', '.50', '0.5'],
    ['int', '+07', '7'],
    ['string', '1e-3', '1e-3'],
    ['float', '1e20', '1e+20']
  ])('%s %s is printed as %s', (type, value, expected) => {
    expect(asPythonPrints(type, value)).toBe(expected);
  });
  it.each([
    ['float', '0.1, 1e-2', ['0.1', '0.01']],
    [
      'float',
      '0:1:5',
      ['0', '0.25', '0.5', '0.75', '1'].map(v =>
        v.includes('.') ? v : `${v}.0`
      )
    ],
    ['int', '1:10:4', ['1', '4', '7', '10']],
    ['string', 'a, b,', ['a', 'b']],
    ['string', '0:1:5', ['0:1:5']]
  ])('sweep %s %s', (type, text, expected) => {
    expect(sweepValues(type, text)).toEqual(expected);
  });
});
