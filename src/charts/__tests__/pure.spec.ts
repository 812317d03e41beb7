import { describe, expect, it } from 'vitest';

import { airy, tickFormat, timeUnit } from '../axes';
import { formatSpan, formatValue } from '../format';
import { fromPixel, nearest, toPixel } from '../geometry';
import { colorOf, dashOf } from '../palette';
import { arrange, roleOf, singles } from '../plots';
import { pickPeaks } from '../reduce';
import { smooth } from '../smooth';
import { run } from './run';

describe('pickPeaks', () => {
  it('keeps short ones whole', () => {
    expect(pickPeaks([3, 1, 2], 3)).toEqual([0, 1, 2]);
    expect(pickPeaks([], 5)).toEqual([]);
  });

  it('keeps ends, extremes and NaN, in order and within the limit', () => {
    const values = Array.from({ length: 50000 }, (_, i) => Math.sin(i));
    values[777] = 50;
    values[40001] = -50;
    values[12345] = NaN;
    const picked = pickPeaks(values, 300);
    expect(picked.length).toBeLessThanOrEqual(300);
    expect(picked).toEqual([...new Set(picked)].sort((a, b) => a - b));
    expect(picked).toEqual(
      expect.arrayContaining([0, 777, 12345, 40001, 49999])
    );
  });

  it('spreads its points over the axis, however they are crowded', () => {
    const xs = Array.from({ length: 4000 }, (_, i) =>
      i < 1000 ? i * 3 : 3000 + (i - 1000) / 3
    );
    const values = xs.map((_, i) => ((i * 7919) % 1000) / 1000);
    const picked = pickPeaks(values, 402, xs);
    const early = picked.filter(i => xs[i] < 2000).length;
    expect(picked.length).toBeLessThanOrEqual(402);
    expect(early / picked.length).toBeGreaterThan(0.45);
    expect(early / picked.length).toBeLessThan(0.55);
    expect(picked.slice(-1)).toEqual([3999]);
  });
});

describe('smooth', () => {
  it('starts at the first value, follows, and steps over NaN', () => {
    const result = [...smooth([1, 1, NaN, 3, 3], 0.5)];
    expect(result[0]).toBe(1);
    expect(result[1]).toBeCloseTo(1);
    expect(result[2]).toBeNaN();
    expect(result[3]).toBeGreaterThan(2);
    expect(result[4]).toBeGreaterThan(result[3]);
    expect(result[4]).toBeLessThan(3);
  });
});

describe('arrange', () => {
  it('pairs train with validation, keeps order, sets system metrics apart', () => {
    const runs = [
      run('a', {
        'system/cpu': [1, 2],
        loss: [1, 2],
        val_loss: [1, 2],
        train_acc: [1, 2],
        validation_acc: [1, 2],
        lr: [1, 2]
      })
    ];
    const plots = arrange(runs, { layout: 'multiples' });
    expect(plots.map(p => [p.title, p.system])).toEqual([
      ['loss', false],
      ['acc', false],
      ['lr', false],
      ['system/cpu', true]
    ]);
    expect(plots[0].roles).toEqual(['train', 'val']);
    expect(plots[1].lines.map(l => l.color)).toEqual([0, 1]);
  });

  it('colours by run where there are several', () => {
    const runs = [
      run('a', { loss: [1, 2], val_loss: [1, 2] }),
      run('b', { loss: [1, 2], val_loss: [1, 2] })
    ];
    const [plot] = arrange(runs, { layout: 'multiples' });
    expect(plot.lines.map(l => [l.run, l.color, l.dash])).toEqual([
      ['a', 0, 0],
      ['a', 0, 1],
      ['b', 1, 0],
      ['b', 1, 1]
    ]);
  });

  it('puts all on one axis on demand, but not the system metrics', () => {
    const runs = [
      run('a', { loss: [1, 2], acc: [1, 2], 'system/gpu': [1, 2] })
    ];
    const plots = arrange(runs, { layout: 'single' });
    expect(plots.map(p => p.keys)).toEqual([['loss', 'acc'], ['system/gpu']]);
  });

  it('draws no curve of one value, unless runs put it at different steps', () => {
    const runs = [
      run('a', { loss: [2, 1], score: [0.9] }),
      run('b', { loss: [1], score: [0.8] })
    ];
    expect(singles(runs)).toEqual(['score']);
    expect(
      arrange(runs, { layout: 'multiples' }).map(plot => plot.title)
    ).toEqual(['loss']);
    const { series } = runs[1];
    const score = { ...series.get('score')!, steps: [7] };
    const moved = { ...runs[1], series: new Map(series).set('score', score) };
    expect(singles([runs[0], moved])).toEqual([]);
  });

  it('reads roles inside paths', () => {
    expect(roleOf('head/val_loss')).toEqual({ base: 'head/loss', role: 'val' });
    expect(roleOf('val/loss')).toEqual({ base: 'loss', role: 'val' });
    expect(roleOf('value')).toEqual({ base: 'value', role: null });
  });
});

describe('axes and numbers', () => {
  it('gives constants and huge ranges a finite extent', () => {
    for (const range of [
      airy({ min: 5, max: 5 }, false),
      airy({ min: -1e308, max: 1e308 }, false),
      airy({ min: 0, max: 0 }, false)
    ]) {
      expect(Number.isFinite(range.min) && Number.isFinite(range.max)).toBe(
        true
      );
      expect(range.max).toBeGreaterThan(range.min);
    }
    expect(airy({ min: 0, max: 1 }, false).min).toBe(0);
  });

  it('tells close ticks apart', () => {
    expect(tickFormat({ min: 0, max: 1 })).toBe('.3~g');
    expect(tickFormat({ min: 0.99991, max: 0.99995 })).toBe('.7~g');
    expect(tickFormat({ min: 68000, max: 82000 })).toBe('.3~s');
  });

  it('goes from value to pixel and back', () => {
    expect(toPixel(10, { min: 1, max: 100 }, 200, true)).toBeCloseTo(100);
    expect(
      toPixel(fromPixel(40, { min: 2, max: 6 }, 80), { min: 2, max: 6 }, 80)
    ).toBeCloseTo(40);
    expect(nearest([0, 10, 20], 14)).toBe(1);
    expect(nearest([], 14)).toBe(-1);
  });

  it('writes for readers', () => {
    expect(
      [0, 0.1 + 0.2, 123456.789, 1e-7, 2.5e12, NaN, -Infinity, null].map(
        formatValue
      )
    ).toEqual(['0', '0.3', '123460', '1e-7', '2.5e12', 'NaN', '−∞', '–']);
    expect([400, 12000, 185000, 7800000].map(formatSpan)).toEqual([
      '0.4 s',
      '12 s',
      '3 m 05 s',
      '2 h 10 m'
    ]);
    expect(timeUnit(90000).suffix).toBe('s');
    expect(timeUnit(7200000).suffix).toBe('h');
  });

  it('gives the first 32 runs distinct looks', () => {
    const looks = Array.from(
      { length: 32 },
      (_, i) => `${colorOf(i, false)} ${dashOf(i)}`
    );
    expect(new Set(looks).size).toBe(32);
  });
});
