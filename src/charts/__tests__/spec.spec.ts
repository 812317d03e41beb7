import { parse, View } from 'vega';
import { compile } from 'vega-lite';
import { describe, expect, it } from 'vitest';

import { DEFAULT_OPTIONS, type IChartOptions, type IChartRun } from '../data';
import { figureOf } from '../figure';
import { arrange } from '../plots';
import { specOf } from '../spec';
import { run } from './run';

const theme = {
  dark: false,
  text: '#000',
  faint: '#666',
  grid: '#ccc',
  font: 'sans-serif'
};
const size = { width: 320, height: 150 };

async function draw(runs: IChartRun[], some: Partial<IChartOptions> = {}) {
  const options = { ...DEFAULT_OPTIONS, ...some };
  const [plot] = arrange(runs, options);
  const figure = figureOf(plot, { runs, options, dark: false, live: false });
  const warnings: string[] = [];
  const logger = {
    warn: (...texts: string[]) => (warnings.push(...texts), logger),
    info: () => logger,
    debug: () => logger,
    error: (...texts: string[]) => (warnings.push(...texts), logger),
    level: () => logger
  };
  const { spec } = compile(
    specOf({ x: options.x, log: figure.log, theme }, size, figure),
    {
      logger: logger as never
    }
  );
  const view = await new View(parse(spec), { renderer: 'none' }).runAsync();
  const svg = await view.toSVG();
  view.finalize();
  return { svg, figure, warnings };
}

/** The lines drawn: their pixel paths. */
function paths(svg: string): string[] {
  return [
    ...svg.matchAll(/aria-roledescription="line mark"[^>]* d="([^"]*)"/g)
  ].map(m => m[1]);
}

describe('specOf', () => {
  it('draws every point of a short run where it belongs', async () => {
    const { svg, warnings } = await draw([run('a', { loss: [3, 2, 1] })]);
    expect(warnings).toEqual([]);
    const [path] = paths(svg);
    const xy = path
      .slice(1)
      .split('L')
      .map(p => p.split(',').map(Number));
    expect(xy.map(p => p[0])).toEqual([0, 128, 256]);
    expect(xy[0][1]).toBeLessThan(xy[1][1]);
    expect(svg).toMatch(/<svg[^>]* width="320" height="150"/);
  });

  it.each([
    ['step', false],
    ['relative', false],
    ['wall', false],
    ['step', true],
    ['wall', true]
  ] as const)(
    'compiles without a warning: x = %s, log = %s, smoothed',
    async (x, log) => {
      const { svg, warnings } = await draw(
        [run('a', { loss: [3, 2, 1, 5] }), run('b', { loss: [1, 2, 4] })],
        { x, log, smoothing: 0.6 }
      );
      expect(warnings).toEqual([]);
      // Two faint lines and two smoothed ones.
      expect(paths(svg)).toHaveLength(4);
    }
  );

  it('shows NaN and the infinities as marks', async () => {
    const { svg, figure } = await draw([
      run('a', { loss: [1, NaN, 2, Infinity, -Infinity, 3] })
    ]);
    expect([...figure.oddCounts]).toEqual([
      ['nan', 1],
      ['high', 1],
      ['low', 1]
    ]);
    expect(svg.match(/aria-roledescription="point"/g)).toHaveLength(3);
    const [path] = paths(svg);
    expect(path).not.toContain('NaN');
    expect(path.split('L')).toHaveLength(3);
  });

  it('draws a metric of one point as a point', async () => {
    // Beside a run that has a curve; alone it is a value in a list.
    const { svg, figure } = await draw([
      run('a', { accuracy: [0.93] }),
      run('b', { accuracy: [0.9, 0.95] })
    ]);
    expect(figure.dots).toHaveLength(1);
    expect(svg.match(/aria-roledescription="point"/g)).toHaveLength(1);
  });

  it('bears constants, huge and tiny values, and only NaN', async () => {
    for (const values of [
      [5, 5, 5],
      [1e308, -1e308],
      [1e-300, 2e-300],
      [NaN, NaN],
      [0, 0]
    ]) {
      for (const log of [false, true]) {
        const { svg } = await draw([run('a', { m: values })], { log });
        expect(svg).not.toContain('NaN');
      }
    }
  });

  it('keeps values of zero and below as marks on a log axis', async () => {
    const { figure } = await draw([run('a', { m: [1, 0, -3, 10] })], {
      log: true
    });
    expect(figure.oddCounts.get('nonpositive')).toBe(2);
    const below = await draw([run('a', { m: [-1, -2] })], { log: true });
    expect(below.figure.log).toBe(false);
  });

  it('keeps a single spike among 100 000 points and draws at most 1000', async () => {
    const values = Array.from({ length: 100000 }, (_, i) => Math.sin(i / 5000));
    values[54321] = 99;
    const { figure } = await draw([run('a', { m: values })]);
    expect(figure.drawn).toBeLessThanOrEqual(1000);
    expect(figure.count).toBe(100000);
    expect(figure.lines.find(row => row.y === 99)?.x).toBe(54321);
  });
});
