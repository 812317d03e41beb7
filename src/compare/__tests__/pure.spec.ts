import { describe, expect, it } from 'vitest';

import type { IChartRun } from '../../charts/data';
import type { IRunBrief, IRunSummary } from '../../client/tokens';
import { pathAt, seriesOfArtifacts, stepOf, tableOfJSON } from '../artifacts';
import { dataFrameCode, plainTable } from '../cell';
import { columnsOf, defaultAxes, numberOf } from '../columns';
import { composeSVG } from '../compose';
import { meanOf, overMetric, relativeTo, valueAt } from '../curves';
import { countLines, linesOf, marksOf } from '../marks';
import { changedLines, compareCells, readProvenance } from '../provenance';
import { newState, readState } from '../state';
import { percentOf, tableCSV, tableOf, toCSV } from '../table';

function brief(id: string, some: Partial<IRunSummary>): IRunBrief {
  return {
    run: {
      run_id: id,
      name: `name of ${id}`,
      experiment_id: '1',
      experiment_name: 'e',
      status: 'FINISHED',
      start_time: 1000,
      end_time: 3000,
      user: 'u',
      notebook: null,
      cell_id: null,
      execution_count: null,
      parent: null,
      lifecycle_stage: 'active',
      params: {},
      params_total: 0,
      metrics: {},
      metrics_total: 0,
      note: null,
      ...some
    },
    tags: {},
    datasets: [],
    models: [],
    artifact_uri: ''
  };
}

function run(id: string, values: number[], steps?: number[]): IChartRun {
  return {
    run: id,
    name: id,
    startTime: 0,
    series: new Map([
      [
        'loss',
        {
          key: 'loss',
          count: values.length,
          steps: steps ?? values.map((_, i) => i),
          timestamps: values.map((_, i) => i),
          values,
          version: id
        }
      ]
    ])
  };
}

const texts = { time: String, span: String, number: String };
const metric = (value: number | 'NaN') => ({ value, step: 0, timestamp: 0 });

describe('state', () => {
  it('reads back what it wrote, and leaves out what is strange', () => {
    const state = { ...newState(['a', 'b', 'a']), view: 'box' as const };
    expect(state.runs).toEqual(['a', 'b']);
    expect(readState(JSON.parse(JSON.stringify(state)))).toEqual(state);
    const odd = readState({
      version: 1,
      runs: ['a'],
      view: 'spaceship',
      chart: { smoothing: 7, x: 3 },
      axes: 'lr'
    });
    expect(odd).toEqual(newState(['a']));
  });

  it('says what is wrong with a file that is none', () => {
    expect(() => readState([])).toThrow('no JSON object');
    expect(() => readState({ version: 2 })).toThrow('version is 2');
    expect(() => readState({ version: 1, runs: [1] })).toThrow('run ids');
  });
});

describe('table', () => {
  const runs = [
    brief('a', {
      params: { lr: '0.1', data: 'one', only: 'x' },
      metrics: { loss: metric(2), same: metric('NaN') }
    }),
    brief('b', {
      params: { lr: '0.2', data: 'one' },
      metrics: { loss: metric(1), same: metric('NaN') }
    })
  ];

  it('shows only differences, and counts the rest', () => {
    const sections = tableOf(runs, new Map(), texts, true);
    const params = sections.find(s => s.id === 'params');
    expect(params?.rows.map(r => [r.key, r.cells])).toEqual([
      ['lr', ['0.1', '0.2']],
      ['only', ['x', null]]
    ]);
    expect(params?.equal).toBe(1);
    const metrics = sections.find(s => s.id === 'metrics');
    expect(metrics?.rows.map(r => r.key)).toEqual(['loss']);
    expect(
      tableOf(runs, new Map(), texts, false).find(s => s.id === 'params')?.rows
    ).toHaveLength(3);
  });

  it('shows environment and packages where they are known', () => {
    const from = readProvenance(
      '',
      '{"python": "3.12", "packages": {"numpy": "2.0"}}',
      '{"commit": "abc"}',
      ''
    );
    const sections = tableOf(runs, new Map([['a', from]]), texts, true);
    expect(sections.find(s => s.id === 'packages')?.rows[0]).toMatchObject({
      key: 'numpy',
      cells: ['2.0', null]
    });
    expect(
      sections.find(s => s.id === 'environment')?.rows.map(r => r.key)
    ).toEqual(['git commit', 'python']);
  });

  it('writes CSV that keeps numbers and quotes', () => {
    const csv = tableCSV(runs, tableOf(runs, new Map(), texts, true));
    expect(csv).toContain('params,lr,0.1,0.2\r\n');
    expect(csv).toContain('metrics,loss,2,1\r\n');
    expect(toCSV([['a,b', 'say "x"', 'l\nm']])).toBe(
      '"a,b","say ""x""","l\nm"\r\n'
    );
  });

  it('knows percent, and when it says nothing', () => {
    expect(percentOf(3, 2)).toBe(50);
    expect(percentOf(-3, -2)).toBe(-50);
    expect(percentOf(1, 0)).toBeNull();
    expect(percentOf(NaN, 1)).toBeNull();
  });
});

describe('marks', () => {
  it('marks the characters that differ', () => {
    const marks = marksOf('s3://set-02/x', 's3://set-01/x');
    expect(marks.filter(m => m.differs).map(m => m.text)).toEqual(['2']);
    expect(marks.map(m => m.text).join('')).toBe('s3://set-02/x');
    expect(marksOf('a', 'a')).toEqual([{ text: 'a', differs: false }]);
  });

  it('shows lines around a change and skips the rest', () => {
    const text = Array.from({ length: 20 }, (_, i) => `line ${i}`);
    const other = text.map((line, i) => (i === 10 ? 'new' : line));
    const lines = linesOf(text.join('\n'), other.join('\n')) ?? [];
    expect(lines.map(l => l.kind)).toEqual([
      'skipped',
      'same',
      'same',
      'same',
      'removed',
      'added',
      'same',
      'same',
      'same',
      'skipped'
    ]);
    expect(linesOf('a\n', 'a\n')).toBeNull();
    expect(countLines('a', 'a\nb')).toEqual({ added: 1, removed: 0 });
  });
});

describe('code of two runs', () => {
  const cell = (cellId: string | null, source: string) => ({
    cellId,
    count: 1,
    source
  });

  it('compares by cell id, whatever the order and however often a cell ran', () => {
    const changes = compareCells(
      [
        cell('a', 'x = 1'),
        cell('b', 'old'),
        cell('a', 'x = 2'),
        cell('z', 'gone')
      ],
      [cell('b', 'new'), cell('a', 'x = 2'), cell('c', 'more')]
    );
    expect(changes.map(c => [c.kind, c.before, c.after])).toEqual([
      ['changed', 'old', 'new'],
      ['same', 'x = 2', 'x = 2'],
      ['added', '', 'more'],
      ['removed', 'gone', '']
    ]);
    expect(changedLines(changes)).toEqual({ added: 2, removed: 2 });
  });

  it('knows a cell that was copied, or has no id, by its source', () => {
    expect(
      compareCells([cell('a', 'x')], [cell('b', 'x')]).map(c => c.kind)
    ).toEqual(['same']);
    expect(
      compareCells([cell(null, 'x')], [cell(null, 'x')]).map(c => c.kind)
    ).toEqual(['same']);
  });

  it('reads records that are broken as far as it can', () => {
    const read = readProvenance(
      '{"cells": [{"source": 1}, {"source": "s"}]}',
      'no',
      '[]',
      'p'
    );
    expect(read).toEqual({
      cells: [{ cellId: null, count: null, source: 's' }],
      environment: {},
      packages: {},
      patch: 'p'
    });
  });
});

describe('columns', () => {
  const runs = [
    brief('a', {
      params: { lr: '0.1', opt: 'adam', same: '1' },
      metrics: { loss: metric(1) }
    }),
    brief('b', {
      params: { lr: '1e-3', opt: 'sgd', same: '1' },
      metrics: { loss: metric(2) }
    })
  ];

  it('knows numbers and what differs', () => {
    const columns = columnsOf(runs);
    const of = (id: string) => columns.find(c => c.id === id);
    expect(of('param:lr')).toMatchObject({ numeric: true, differs: true });
    expect(of('param:opt')).toMatchObject({ numeric: false, differs: true });
    expect(of('param:same')).toMatchObject({ differs: false });
    expect(numberOf(runs[1], 'param:lr')).toBe(0.001);
    expect(numberOf(runs[0], 'run:duration')).toBe(2);
    expect(defaultAxes(columns)).toEqual([
      'param:lr',
      'param:opt',
      'metric:loss'
    ]);
  });
});

describe('curves', () => {
  it('lie between points on a straight line', () => {
    expect(valueAt([0, 10], [0, 5], 4)).toBe(2);
    expect(valueAt([0, 10], [0, 5], 10)).toBe(5);
    expect(valueAt([0, 10], [0, 5], 11)).toBeNaN();
    expect(valueAt([], [], 0)).toBeNaN();
  });

  it('are relative to a baseline in percent at equal steps', () => {
    const base = run('base', [2, 4, 6]);
    const series = relativeTo(run('a', [3, 9], [0, 2]), base).series.get(
      'loss'
    );
    expect([...(series?.values as Float64Array)]).toEqual([50, 50]);
  });

  it('have a mean and a band of one standard deviation', () => {
    const series = meanOf('g', 'g', 0, [
      run('a', [1, 1]),
      run('b', [3, 3, 7])
    ]).series.get('loss');
    expect([...(series?.values as Float64Array)]).toEqual([2, 2, 7]);
    expect(series?.low?.[0]).toBeCloseTo(2 - Math.SQRT2);
    expect(series?.high?.[2]).toBe(7);
  });

  it('go over another metric, in its order', () => {
    const one = run('a', [5, 6, 7]);
    const both = {
      ...one,
      series: new Map([
        ...one.series,
        [
          'epoch',
          { ...one.series.get('loss')!, key: 'epoch', values: [3, 2, 1] }
        ] as const
      ])
    };
    const series = overMetric(both, 'epoch').series.get('loss');
    expect([...(series?.xs as Float64Array)]).toEqual([1, 2, 3]);
    expect([...(series?.values as Float64Array)]).toEqual([7, 6, 5]);
  });
});

describe('artifacts', () => {
  it('tells the step of a path', () => {
    expect(stepOf('images/a%step%5%timestamp%17%1b-2c.png')).toEqual({
      name: 'images/a.png',
      step: 5
    });
    expect(stepOf('images/a+step+5+timestamp+17+1b-2c.png')).toEqual({
      name: 'images/a.png',
      step: 5
    });
    expect(stepOf('epoch-3/plot.png')).toEqual({
      name: 'epoch-*/plot.png',
      step: 3
    });
    expect(stepOf('samples_000200.png')).toEqual({
      name: 'samples_*.png',
      step: 200
    });
    expect(stepOf('confusion.png')).toBeNull();
  });

  it('puts runs and steps of one picture together', () => {
    const file = (path: string) => ({ path, is_dir: false, file_size: 1 });
    const all = seriesOfArtifacts(
      new Map([
        [
          'a',
          [
            file('t.csv'),
            file('p_step_1.png'),
            file('p_step_3.png'),
            file('model.pkl')
          ]
        ],
        ['b', [file('p_step_2.png')]]
      ])
    );
    expect(all.map(s => [s.name, s.kind, s.steps])).toEqual([
      ['p_step_*.png', 'image', [1, 2, 3]],
      ['t.csv', 'table', [0]]
    ]);
    expect(pathAt(all[0].paths.get('a'), 2)).toEqual({
      path: 'p_step_1.png',
      step: 1
    });
    expect(pathAt(all[0].paths.get('b'), 1)).toBeNull();
  });

  it('reads tables of MLflow', () => {
    expect(tableOfJSON('{"columns": ["a"], "data": [[1], ["x"]]}')).toEqual([
      ['a'],
      ['1'],
      ['x']
    ]);
    expect(tableOfJSON('{"a": 1}')).toBeNull();
  });
});

describe('what a notebook gets', () => {
  it('is code that names the runs', () => {
    const code = dataFrameCode([
      brief('a1', { name: 'x\ny' }),
      brief('b2', { experiment_id: '7' })
    ]);
    expect(code).toContain('    "a1",  # x y\n    "b2",  # name of b2');
    expect(code).toContain('experiment_ids=["1","7"]');
  });

  it('is a picture with names that cannot break it', () => {
    const theme = {
      dark: false,
      text: '#000',
      faint: '#666',
      grid: '#ccc',
      font: 'x'
    };
    const svg = composeSVG(
      [
        {
          title: 'a < b',
          svg: '<svg width="10" height="10"></svg>',
          width: 10,
          height: 10
        }
      ],
      [{ name: '"&', order: 9 }],
      theme
    );
    expect(svg).toContain('a &lt; b');
    expect(svg).toContain('&quot;&amp;');
    expect(composeSVG([], [], theme)).toBe('');
    expect(
      plainTable([
        ['', 'run'],
        ['lr', '0.1']
      ])
    ).toBe('    run\nlr  0.1');
  });
});
