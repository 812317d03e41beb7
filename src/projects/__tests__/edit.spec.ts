import { describe, expect, it } from 'vitest';
import { corpusFiles } from '../../models/__tests__/corpus';
import { DescriptorError } from '../../yaml/tree';
import { Edit, editMLproject } from '../edit';
import { IProject, parseMLproject } from '../mlproject';

const TEXT = `# head
name: first   # the name

python_env: python_env.yaml
# entries
entry_points:
  main:
    parameters:
      # how fast
      lr: {type: float, default: 0.1}  # flow
      data: path
      epochs:
        type: int   # whole
        default: 10
      # end of parameters
    command: "python train.py {lr} \\
      {data} {epochs}"

  # second
  test:
    command: >
      python test.py
      --quick

# tail
`;

describe('editMLproject', () => {
  it.each<[string, Edit[], (text: string) => string]>([
    [
      'the name, with its comment',
      [{ kind: 'set', path: ['name'], value: 'second one' }],
      text => text.replace('name: first ', 'name: second one ')
    ],
    [
      'a default in a flow map',
      [
        {
          kind: 'set',
          path: ['entry_points', 'main', 'parameters', 'lr', 'default'],
          value: 0.25
        }
      ],
      text => text.replace('default: 0.1}', 'default: 0.25}')
    ],
    [
      'a default in a block map',
      [
        {
          kind: 'set',
          path: ['entry_points', 'main', 'parameters', 'epochs', 'default'],
          value: 20
        }
      ],
      text => text.replace('default: 10', 'default: 20')
    ],
    [
      'a folded command by one line',
      [
        {
          kind: 'set',
          path: ['entry_points', 'test', 'command'],
          value: 'python test.py {a}: # x'
        }
      ],
      text =>
        text.replace(
          '>\n      python test.py\n      --quick\n',
          '"python test.py {a}: # x"\n'
        )
    ],
    [
      'a quoted command',
      [
        {
          kind: 'set',
          path: ['entry_points', 'main', 'command'],
          value: 'python a.py'
        }
      ],
      text => text.replace(/"python train[^"]*"/, 'python a.py')
    ],
    [
      'a new key at the end of its map',
      [
        {
          kind: 'set',
          path: ['entry_points', 'main', 'parameters', 'epochs', 'description'],
          value: 'How many'
        }
      ],
      text =>
        text.replace(
          'default: 10\n',
          'default: 10\n        description: How many\n'
        )
    ],
    [
      'a new parameter',
      [
        {
          kind: 'set',
          path: ['entry_points', 'main', 'parameters', 'seed', 'default'],
          value: '7'
        }
      ],
      text =>
        text.replace(
          'default: 10\n',
          'default: 10\n      seed:\n        default: "7"\n'
        )
    ],
    [
      'a short form to a map with a default',
      [
        {
          kind: 'set',
          path: ['entry_points', 'main', 'parameters', 'data', 'default'],
          value: 'a, b'
        }
      ],
      text => text.replace('data: path', 'data: {type: path, default: "a, b"}')
    ],
    [
      'a new entry point',
      [
        {
          kind: 'set',
          path: ['entry_points', 'more', 'command'],
          value: 'echo'
        }
      ],
      text => text.replace('--quick\n', '--quick\n  more:\n    command: echo\n')
    ],
    [
      'a parameter away',
      [
        {
          kind: 'remove',
          path: ['entry_points', 'main', 'parameters', 'epochs']
        }
      ],
      text => text.replace(/ {6}epochs:\n.*\n.*\n/, '')
    ]
  ])('changes %s and nothing else', (_, edits, expected) => {
    const changed = editMLproject(TEXT, edits);
    expect(changed).toBe(expected(TEXT));
    parseMLproject(changed);
  });

  it('keeps line ends of Windows', () => {
    const text = TEXT.replace(/\n/g, '\r\n');
    const path = ['entry_points', 'main', 'parameters', 'seed', 'default'];
    const changed = editMLproject(text, [{ kind: 'set', path, value: 1 }]);
    expect(changed.replace(/\r\n/g, '')).not.toContain('\n');
    expect(parseMLproject(changed).entryPoints[0].parameters).toHaveLength(4);
  });

  it.each([
    '0.1',
    'yes',
    'null',
    '~',
    '1:30',
    '.inf',
    '2020-01-01',
    '- a',
    'a: b',
    '# c',
    '[x]',
    '{y}',
    '*z',
    '&a',
    '!t',
    '%p',
    '@q',
    '`r',
    'a\nb',
    '',
    ' a ',
    "it's",
    '"',
    'é',
    'a #b',
    'true',
    '0x1F',
    '1_000',
    '<<',
    '=',
    '?',
    '|',
    '>-'
  ])('a text stays a text: %j', value => {
    const changed = editMLproject(TEXT, [
      {
        kind: 'set',
        path: ['entry_points', 'main', 'parameters', 'lr', 'default'],
        value
      }
    ]);
    const [parameter] = parseMLproject(changed).entryPoints[0].parameters;
    expect(parameter.default).toBe(value);
  });

  it('refuses to put a key into a text', () => {
    expect(() =>
      editMLproject(TEXT, [{ kind: 'set', path: ['name', 'a'], value: 1 }])
    ).toThrow(/no map/);
  });

  const files = corpusFiles('MLproject').flatMap(
    ([name, text]): [string, string, IProject][] => {
      try {
        return [[name, text, parseMLproject(text)]];
      } catch (error) {
        expect(error).toBeInstanceOf(DescriptorError);
        return [];
      }
    }
  );
  const comments = (text: string): string[] => text.match(/^\s*#.*$/gm) ?? [];

  it.each(files)(
    'real file %s keeps its comments and order',
    (_, text, project) => {
      for (const entry of project.entryPoints) {
        for (const parameter of entry.parameters) {
          const path = [
            'entry_points',
            entry.name,
            'parameters',
            parameter.name
          ];
          const edit: Edit =
            parameter.default === null &&
            text.includes(`${parameter.name}: ${parameter.type}`)
              ? { kind: 'set', path, value: 'string' }
              : {
                  kind: 'set',
                  path: [...path, 'default'],
                  value: 'changed by a test'
                };
          let changed: string;
          try {
            changed = editMLproject(text, [edit]);
          } catch (error) {
            // A short form has no map for a default.
            expect(String(error)).toContain('no map');
            continue;
          }
          expect(comments(changed)).toEqual(comments(text));
          const after = parseMLproject(changed);
          const same = (other: IProject): unknown =>
            other.entryPoints.map(point => [
              point.name,
              point.command,
              point.parameters.map(p => [
                p.name,
                p.name === parameter.name && point.name === entry.name
                  ? null
                  : [p.type, p.default]
              ])
            ]);
          expect(same(after)).toEqual(same(project));
          const edited = after.entryPoints
            .find(point => point.name === entry.name)
            ?.parameters.find(p => p.name === parameter.name);
          expect(
            edit.path.at(-1) === 'default' ? edited?.default : edited?.type
          ).toBe(edit.kind === 'set' ? edit.value : null);
        }
      }
    }
  );
});
