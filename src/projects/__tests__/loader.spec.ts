import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { corpusFiles } from '../../models/__tests__/corpus';
import { english } from '../../text';
import { commandLine } from '../command';
import { parseMLproject } from '../mlproject';

/** What `tests/projects/loader.py` says of a text: MLflow's own loader in Python. */
interface ITheirs {
  refused: string | null;
  name: string | null;
  environment: string | null;
  entry_points: Record<
    string,
    {
      parameters: Record<string, [string, string | null]>;
      command: string | null;
      line: string | null;
      line_refused: string | null;
    }
  >;
}

const entry = (parameters: string, command = 'run {a}'): string =>
  `entry_points:\n  main:\n    parameters:\n      ${parameters}\n    command: ${JSON.stringify(command)}\n`;
const scalars = [
  '1',
  '-7',
  '+3',
  '0x1F',
  '0b101',
  '010',
  '1_000',
  '12345678901234567890',
  '1.0',
  '1.',
  '.5',
  '1e-1',
  '1.0e-1',
  '6.0e+20',
  '1.5e+16',
  '123456789.125',
  '0.00006',
  '0.0001',
  '1e5',
  '-0.0',
  '.inf',
  '-.inf',
  '.nan',
  'yes',
  'No',
  'true',
  'on',
  'y',
  'null',
  '~',
  'None',
  "'1.0'",
  '"a b"',
  "it's",
  '2020-01-02',
  '2020-01-02 03:04:05',
  '2020-1-2T3:04:05.678Z',
  '2020-01-02T03:04:05+02:00',
  '1:30',
  '190:20:30',
  '1:30.5',
  '[1, 2.50, a, null]',
  '{k: 1, l: [x]}',
  '[]',
  '"é\\n"',
  '"${HOME}"',
  "''",
  '!!str 5',
  '!!int "7"',
  '0o17',
  '09',
  '08.5',
  '1e400'
];
const CASES = [
  ...scalars.map(value => entry(`a: {type: string, default: ${value}}`)),
  ...scalars.map(value => entry(`a: ${value}`)),
  ...['float', 'uri', 'path', 'list[int]'].map(type =>
    entry(`a: {type: ${type}, default: x y}`)
  ),
  entry('a: {type: uri, default: 5}'),
  entry('a: {type: uri, default: "s3://x/y z"}'),
  entry('a: {type float, default: 0.1}'),
  entry('a: {default: 3}'),
  entry('a: {type: null, default: 3}'),
  entry('a: float', 'run {a} {b}'),
  entry('a: float', 'run {{a}} ${{X:-1}} {a!r} {a:>9} {a[0]}'),
  entry('a: float', 'run {a!s:^12} {a!x}'),
  entry('a: float', 'run {a.b}'),
  entry('a: float', 'run {} '),
  entry('a: float', 'run {0}'),
  entry('a: float', 'run { a }'),
  entry('a: float', 'run {'),
  entry('a: float', 'run }'),
  entry('a: float', 'run {a'),
  entry('a: float', 'run {a!}'),
  entry('a-b: float\n      c.d: {type: string, default: q}', 'run {a-b}'),
  '',
  '# nothing\n',
  'text',
  '[1, 2]',
  'name: x\n',
  'name: 5\nentry_points: {}\n',
  'name:\nentry_points:\n',
  'entry_points: []\n',
  'entry_points: text\n',
  'entry_points:\n  main:\n',
  'entry_points:\n  main: python x.py\n',
  'entry_points:\n  main:\n    parameters:\n    command: x\n',
  'entry_points:\n  main:\n    parameters: []\n    command: x\n',
  'entry_points:\n  main:\n    parameters: {}\n',
  'entry_points:\n  main:\n    command: 5\n',
  'entry_points:\n  main: {command: a}\n  main: {command: b}\n',
  'entry_points:\n  main: {command: a}\n  other: {command: [a]}\n',
  'python_env: e.yaml\nconda_env: c.yaml\n',
  'python_env: sub/e.yaml\n',
  'python_env: missing.yaml\n',
  'conda_env: missing/c.yaml\n',
  'conda_env: ../c.yaml\n',
  'python_env:\nconda_env: c.yaml\n',
  'python_env:\n',
  'python_env: 5\n',
  'uv_env: x\n',
  'uv_env: pyproject.toml\nentry_points: {main: {command: x}}\n',
  'uv_env: pyproject.toml\npython_env: e.yaml\n',
  'uv_env: pyproject.toml\nconda_env: c.yaml\n',
  'uv_env: pyproject.toml\ndocker_env: {image: i}\n',
  'uv: {lock: uv.lock}\npython_env: missing.yaml\n',
  'uv: [a]\ndatabricks_spark_job: {python_file: a.py}\n',
  'docker_env: {image: i}\n',
  'docker_env: {image: i, volumes: ["/a:/b"], environment: [["A", "b"], C, "D=e"]}\n',
  'docker_env: {image: i, volumes: "/a:/b"}\n',
  'docker_env: {image: i, volumes: [1]}\n',
  'docker_env: {image: i, environment: {A: b}}\n',
  'docker_env: {image: i, environment: [5]}\n',
  'docker_env: {volumes: []}\n',
  'docker_env: {image: }\n',
  'docker_env:\n',
  'docker_env: text\n',
  'databricks_spark_job: {python_file: a.py}\n',
  'databricks_spark_job: {python_file: a.py}\nentry_points: {main: {command: x}}\n',
  'databricks_spark_job: {}\n',
  'databricks_spark_job: {parameters: [a]}\nentry_points: {main: {parameters: {p: path}, command: x}}\n',
  'databricks_spark_job: {parameters: [a]}\nentry_points: {main: {command: x}}\n',
  'databricks_spark_job: {python_file: a.py}\npython_env: e.yaml\n',
  'a: &x {command: go}\nentry_points:\n  main: *x\n  other:\n    <<: *x\n    parameters: {p: {default: 1}}\n',
  'entry_points: !tag {}\n',
  'entry_points:\n\tmain: x\n',
  'entry_points: {main: {command: "x"}\n',
  'a: 1\n---\nb: 2\n',
  '\ufeffentry_points: {main: {command: x}}\n',
  'entry_points:\r\n  main:\r\n    command: >\r\n      a\r\n      b\r\n\r\n',
  'entry_points:\n  main:\n    command: |\n      a \\\n        b {c}\n\n  next:\n    command: >-\n      d\n       e\n      f\n',
  'entry_points:\n  main:\n    command: "a \\\n      b\n\n      c"\n'
];

const python =
  ['.venv/bin/python', process.env.PYTHON].find(
    path => path && existsSync(path)
  ) ?? 'python3';
const GIVEN: Record<string, string> = { extra: "it's a", 'o-k': '1' };

function theirs(texts: string[]): ITheirs[] {
  const cases = texts.map(text => ({ text, parameters: GIVEN }));
  const out = execFileSync(python, ['tests/projects/loader.py'], {
    input: JSON.stringify(cases),
    maxBuffer: 1 << 26
  });
  return JSON.parse(
    out.toString().trim().split('\n').pop() ?? '[]'
  ) as ITheirs[];
}

function ours(text: string): ITheirs {
  const declared = /^(?:conda|python)_env\s*:\s*["']?([^"'\s]+)/m.exec(
    text
  )?.[1];
  try {
    const project = parseMLproject(text, english, {
      has: path => path === declared && !path.startsWith('missing')
    });
    const kinds = {
      docker: 'docker_env',
      python: 'python_env',
      conda: 'conda_env',
      databricks: null
    };
    return {
      refused: null,
      name: project.name,
      environment: kinds[project.environment.kind],
      entry_points: Object.fromEntries(
        project.entryPoints.map(point => {
          const given = new Map(Object.entries(GIVEN));
          for (const { name, default: standard } of point.parameters) {
            if (standard === null && !given.has(name)) {
              given.set(name, "s3://a b/it's");
            }
          }
          let line: string | null = null;
          let refused: string | null = null;
          try {
            line = commandLine(point, given);
          } catch (error) {
            refused = String(error);
          }
          return [
            point.name,
            {
              parameters: Object.fromEntries(
                point.parameters.map(p => [p.name, [p.type, p.default]])
              ),
              command: point.command,
              line,
              line_refused: refused
            }
          ];
        })
      )
    };
  } catch (error) {
    return {
      refused: String(error),
      name: null,
      environment: null,
      entry_points: {}
    };
  }
}

/** Both refuse, or both give the same; the words of a refusal differ. */
function comparable(answer: ITheirs): unknown {
  if (answer.refused !== null) {
    return 'refused';
  }
  return {
    name: answer.name || null,
    environment: answer.environment,
    entries: Object.fromEntries(
      Object.entries(answer.entry_points).map(([name, point]) => [
        name,
        {
          parameters: point.parameters,
          line: point.line_refused === null ? point.line : 'refused'
        }
      ])
    )
  };
}

describe("MLflow's own loader agrees", () => {
  const files = corpusFiles('MLproject');
  const texts = [...CASES, ...files.map(([, text]) => text)];
  const names = [
    ...CASES.map(text => JSON.stringify(text)),
    ...files.map(([name]) => name)
  ];
  const answers = theirs(texts);

  it.each(names.map((name, index) => ({ name, index })))(
    '$name',
    ({ index }) => {
      const mine = ours(texts[index]);
      expect(
        comparable(mine),
        `theirs: ${answers[index].refused}, ours: ${mine.refused}`
      ).toEqual(comparable(answers[index]));
    }
  );

  it('reads every real file that MLflow reads', () => {
    if (files.length > 0) {
      expect(files.length).toBeGreaterThan(50);
    }
  });
});
