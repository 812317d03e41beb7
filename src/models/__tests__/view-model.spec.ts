import { Contents } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';
import { parseExample } from '../example';
import { listFolder, sizeOf } from '../folder';
import { ModelView } from '../model';
import { oneLine, relativePath } from '../paths';
import { english } from '../../text';
import { IModelHost, IModelsClient } from '../tokens';
import { IWanted } from '../verdict';

const FILES: Record<string, string> = {
  'm/MLmodel': '',
  'm/requirements.txt': 'mlflow==3.1\nnumpy==2.0\n',
  'm/conda.yaml': 'dependencies:\n\t- bad\n',
  'm/input_example.json': '{"columns": ["a"], "data": [[1], [2]]}',
  'm/data/weights.bin': 'x'.repeat(2000)
};

/** A contents manager over a table of texts; it counts what is read. */
function contentsOf(
  files: Record<string, string>,
  read: string[]
): Contents.IManager {
  const get = (
    path: string,
    options?: Contents.IFetchOptions
  ): Promise<unknown> => {
    if (path in files && options?.type === 'file') {
      read.push(path);
      return Promise.resolve({ content: files[path] });
    }
    const names = new Map<string, unknown>();
    for (const [file, text] of Object.entries(files)) {
      if (file.startsWith(`${path}/`)) {
        const [name, ...below] = file.slice(path.length + 1).split('/');
        names.set(
          name,
          below.length
            ? { name, type: 'directory' }
            : { name, type: 'file', size: text.length }
        );
      }
    }
    return names.size
      ? Promise.resolve({ content: [...names.values()] })
      : Promise.reject(new Error('no folder'));
  };
  return { get } as unknown as Contents.IManager;
}

/** A server that answers only what a test gives it. */
function clientOf(given: Partial<IModelsClient>): IModelsClient {
  const none = (): Promise<never> => Promise.reject(new Error('not asked'));
  return new Proxy(given, {
    get: (target, name) => Reflect.get(target, name) ?? none
  }) as IModelsClient;
}

function hostOf(read: string[], asked: IWanted[][]): IModelHost {
  return {
    contents: contentsOf(FILES, read),
    client: clientOf({
      check: (_kernel, wanted) => {
        asked.push(wanted);
        return Promise.resolve({
          python: '3.11.1',
          implementation: 'CPython',
          executable: 'python',
          tools: [],
          mlflow: '3.1.0',
          requirements: wanted.map(w => ({
            ...w,
            installed: null,
            state: 'missing' as const,
            order: 0
          }))
        });
      }
    }),
    kernels: () =>
      Promise.resolve([{ id: null, name: 'python3', label: 'Python 3' }]),
    insert: null,
    terminal: null,
    copy: () => undefined,
    edit: () => undefined,
    execute: () => undefined,
    has: () => true,
    allowsCode: () => Promise.resolve(true),
    notebookChanged: null,
    notebookPath: () => null,
    notebookFolder: () => null
  };
}

describe('ModelView', () => {
  it('reads only the small files of a model', async () => {
    const read: string[] = [];
    const asked: IWanted[][] = [];
    const view = new ModelView(hostOf(read, asked), english);
    await view.setText(
      'm/MLmodel',
      'flavors:\n  keras: {keras_version: 3.0, data: data}\nsaved_input_example_info: {artifact_path: input_example.json}\n'
    );
    expect(read.sort()).toEqual([
      'm/conda.yaml',
      'm/input_example.json',
      'm/requirements.txt'
    ]);
    expect(view.folder?.size).toBeGreaterThan(2000);
    expect(view.example).toMatchObject({
      kind: 'table',
      columns: ['a'],
      total: 2
    });
    expect(view.environments.find(e => e.path === 'conda.yaml')?.error).toMatch(
      /^2:1 /
    );
    expect(view.environment?.requirements.map(r => r.name)).toEqual([
      'mlflow',
      'numpy'
    ]);
    expect(asked[0].map(w => w.name)).toContain('numpy');
    expect(view.verdicts?.[0]).toMatchObject({
      flavor: 'keras',
      verdict: 'missing'
    });
  });

  it('shows the new text after a mistake was made and mended', async () => {
    const view = new ModelView(hostOf([], []), english);
    await view.setText('m/MLmodel', 'flavors: {a: {}');
    expect(view.error?.position.line).toBe(1);
    expect(view.file).toBeNull();
    await view.setText('m/MLmodel', 'flavors: {a: {}}');
    expect(view.error).toBeNull();
    expect(view.file?.flavors).toHaveLength(1);
  });

  it('tells that the folder or the server does not answer', async () => {
    const host = hostOf([], []);
    host.client = clientOf({
      check: () => Promise.reject(new Error('away'))
    });
    const view = new ModelView(host, english);
    await view.setText('gone/MLmodel', 'flavors: {a: {}}');
    expect(view.folderError).toBe('no folder');
    expect(view.verdictError).toBe('away');
  });
});

describe('folder', () => {
  it('adds up what lies below a path', async () => {
    const folder = await listFolder(contentsOf(FILES, []), 'm');
    expect(sizeOf(folder, 'data')).toBe(2000);
    expect(sizeOf(folder, './data/')).toBe(2000);
    expect(sizeOf(folder, 'dat')).toBeNull();
    expect(sizeOf(folder, '/tmp/requirements.txt')).toBe(
      FILES['m/requirements.txt'].length
    );
  });
});

describe('parseExample', () => {
  it.each([
    ['{"columns":["a"],"index":[0],"data":[[NaN]]}', ['a'], [['NaN']]],
    ['{"dataframe_split":{"columns":[0],"data":[[1]]}}', ['0'], [[1]]],
    [
      '[{"a":1},{"b":2}]',
      ['a', 'b'],
      [
        [1, null],
        [null, 2]
      ]
    ],
    [
      '{"inputs":[[1,2],[3,4]]}',
      ['0', '1'],
      [
        [1, 2],
        [3, 4]
      ]
    ],
    ['{"data":[[1,2]]}', ['0', '1'], [[1, 2]]]
  ])('%s is a table', (text, columns, rows) => {
    expect(parseExample(text)).toMatchObject({ kind: 'table', columns, rows });
  });

  it('keeps other JSON, and tells what is none', () => {
    expect(parseExample('{"messages": []}').kind).toBe('json');
    expect(parseExample('"text"').kind).toBe('json');
    expect(parseExample('{').kind).toBe('error');
  });
});

describe('paths', () => {
  it('lead from the notebook to the model', () => {
    expect(relativePath('', 'models/m')).toBe('./models/m');
    expect(relativePath('nb/a', 'nb/models/m')).toBe('../models/m');
    expect(relativePath('nb', 'nb')).toBe('.');
  });

  it('make one line of several for a terminal', () => {
    expect(oneLine('pip install x\n# why\na \\\n  -b c')).toBe(
      'pip install x && a -b c'
    );
  });
});
