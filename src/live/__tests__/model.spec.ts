import { beforeEach, describe, expect, it } from 'vitest';

import { decodeEnvelope } from '../../protocol/decode';
import { LiveRuns } from '../model';
import { LiveSeries, MAX_KEPT } from '../series';
import { Sources } from '../sources';
import type { ILiveChange } from '../tokens';

let frames: (() => void)[] = [];
let runs: LiveRuns;
let changes: ILiveChange[];

function flush(): void {
  const due = frames;
  frames = [];
  due.forEach(callback => callback());
}

function send(
  seq: number,
  events: object[],
  anchor: string | null = 'c-1',
  source = 's'
): boolean {
  const cell = { id: 'x', execution_count: 1, anchor };
  const json = {
    v: 1,
    source,
    seq,
    sent_at: 1,
    cell,
    store: 'attached',
    events
  };
  return runs.apply('kernel', decodeEnvelope(json));
}

const start = (run: string) => ({
  kind: 'run.start',
  run,
  name: `n-${run}`,
  start_time: 1000
});
const points = (run: string, values: unknown[], from = 0) => ({
  kind: 'metrics',
  run,
  key: 'loss',
  values,
  steps: values.map((_, i) => from + i),
  timestamps: values.map((_, i) => 1000 + from + i)
});

beforeEach(() => {
  frames = [];
  changes = [];
  runs = new LiveRuns(callback => frames.push(callback));
  runs.changed.connect((_, change) => {
    changes.push(change);
  });
});

describe('LiveRuns', () => {
  it('follows a run from start to end', () => {
    send(0, [start('r')]);
    send(1, [
      points('r', [3, 2, 'NaN']),
      { kind: 'params', run: 'r', entries: { lr: '0.1' } }
    ]);
    const run = runs.run('r')!;
    expect(run).toMatchObject({
      name: 'n-r',
      status: 'RUNNING',
      complete: true
    });
    expect([...run.series.get('loss')!.values]).toEqual([3, 2, NaN]);
    expect(run.series.get('loss')!.nonfinite).toBe(1);
    expect(run.last.get('loss')).toEqual({
      value: NaN,
      step: 2,
      timestamp: 1002
    });
    expect(run.params.get('lr')).toBe('0.1');
    expect(runs.active('kernel')).toHaveLength(1);
    send(2, [
      { kind: 'run.end', run: 'r', status: 'FINISHED', end_time: 2000 }
    ]);
    expect(run).toMatchObject({ status: 'FINISHED', endTime: 2000 });
    expect(runs.active('kernel')).toHaveLength(0);
    expect(runs.ofAnchor('c-1')).toEqual(['r']);
    expect(runs.kernelOf('c-1')).toBe('kernel');
  });

  it('changes nothing when an envelope comes twice', () => {
    expect(send(0, [start('r'), points('r', [1])])).toBe(true);
    expect(send(0, [start('r'), points('r', [1])])).toBe(false);
    expect(runs.run('r')!.series.get('loss')!.count).toBe(1);
  });

  it('puts late points into order', () => {
    send(0, [start('r'), points('r', [0, 1])]);
    send(2, [points('r', [4, 5], 4)]);
    expect(runs.run('r')!.complete).toBe(false);
    send(1, [points('r', [2, 3], 2)]);
    expect([...runs.run('r')!.series.get('loss')!.values]).toEqual([
      0, 1, 2, 3, 4, 5
    ]);
  });

  it('tells at most once a frame', () => {
    for (let seq = 0; seq < 50; seq++) {
      send(seq, [points('r', [seq], seq)]);
    }
    expect(changes).toHaveLength(0);
    expect(frames).toHaveLength(1);
    flush();
    expect(changes).toEqual([{ run: 'r', anchor: 'c-1', kind: 'points' }]);
    send(50, [points('r', [1], 50)]);
    flush();
    expect(changes).toHaveLength(2);
  });

  it('knows that a page opened in mid-run has not seen all', () => {
    send(17, [points('r', [1])]);
    expect(runs.run('r')!.complete).toBe(false);
    runs.adopt('c-1', 'kernel', ['older', 'r']);
    expect(runs.ofAnchor('c-1')).toEqual(['older', 'r']);
  });

  it('ends the runs of a kernel that is lost', () => {
    send(0, [start('r')]);
    runs.kernelLost('other', 5);
    expect(runs.run('r')!.status).toBe('RUNNING');
    runs.kernelLost('kernel', 5);
    expect(runs.run('r')).toMatchObject({ status: 'KILLED', endTime: 5 });
  });

  it('forgets ended runs beyond its bound, never a running one', () => {
    send(0, [start('alive')]);
    for (let i = 1; i < 400; i++) {
      send(
        i,
        [start(`r${i}`), { kind: 'run.end', run: `r${i}`, status: 'FINISHED' }],
        `c-${i}`
      );
    }
    expect(runs.run('alive')).toBeDefined();
    expect(runs.run('r1')).toBeUndefined();
    expect(runs.run('r399')).toBeDefined();
  });
});

describe('LiveSeries', () => {
  it('stays bounded and keeps peaks, ends and counts', () => {
    const series = new LiveSeries('loss');
    for (let i = 0; i < 100000; i++) {
      series.extend([i], [i], [i === 31337 ? 1e6 : Math.sin(i)]);
    }
    expect(series.count).toBe(100000);
    expect(series.values.length).toBeLessThanOrEqual(MAX_KEPT);
    expect(Math.max(...series.values)).toBe(1e6);
    expect(series.steps[0]).toBe(0);
    expect(series.steps[series.steps.length - 1]).toBe(99999);
    expect([...series.steps]).toEqual([...series.steps].sort((a, b) => a - b));
  });

  it.each([1, 0])('keeps the old part of a long curve (stride %i)', stride => {
    const series = new LiveSeries('loss');
    for (let i = 0; i < 100000; i++) {
      series.extend([i * stride], [i], [Math.sin(i)]);
    }
    const early = series.timestamps.filter(t => t < 25000).length;
    const third = series.timestamps.filter(t => t >= 50000 && t < 75000).length;
    expect(early).toBeGreaterThan(0.8 * third);
  });

  it('orders equal steps by time', () => {
    const series = new LiveSeries('loss');
    series.extend([0, 0, 0], [30, 10, 20], [3, 1, 2]);
    expect([...series.values]).toEqual([1, 2, 3]);
  });
});

describe('Sources', () => {
  it('counts what is missing and notices when it comes', () => {
    const sources = new Sources();
    expect([3, 4, 7, 6].map(seq => sources.admit('a', seq))).toEqual([
      true,
      true,
      true,
      true
    ]);
    expect(sources.missing('a')).toBe(1);
    expect(sources.admit('a', 6)).toBe(false);
    expect(sources.admit('a', 5)).toBe(true);
    expect(sources.missing('a')).toBe(0);
    expect(sources.admit('a', 1)).toBe(true);
    expect(sources.admit('a', 1)).toBe(false);
    expect(sources.missing('b')).toBe(0);
  });

  it('gives a gap up in the end, and still says so', () => {
    const sources = new Sources();
    sources.admit('a', 0);
    for (let seq = 10; seq < 2000; seq++) {
      sources.admit('a', seq);
    }
    expect(sources.missing('a')).toBe(9);
  });
});
