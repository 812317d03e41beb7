import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';

import { decodeEnvelope, EventsError, VersionError } from '../decode';
import type { IMetrics } from '../events';

const schema = JSON.parse(
  readFileSync('contracts/events.v1.json', 'utf8')
) as object;
const matches = new Ajv({ strict: false }).compile(schema);

const head = { v: 1, source: 'k-1.a_b', seq: 0, sent_at: 1764000000000 };
const metrics = {
  kind: 'metrics',
  run: 'r1',
  key: 'val/löss',
  values: [1.5, 'NaN', 'Infinity', '-Infinity'],
  timestamps: [1, 2, 3, 4],
  steps: [0, 1, -2, 9007199254740992]
};

const good: [string, Record<string, unknown>][] = [
  ['no events', { ...head, cell: null, store: 'attached', events: [] }],
  [
    'metrics',
    {
      ...head,
      cell: { id: null, execution_count: null, anchor: null },
      store: 'x',
      events: [metrics]
    }
  ],
  [
    'every kind',
    {
      ...head,
      cell: { id: 'ab', execution_count: 7, anchor: 'c-1' },
      store: 'http://host',
      later: 'ignored',
      events: [
        {
          kind: 'run.start',
          run: 'r1',
          experiment: '1',
          name: 'calm',
          parent: null,
          tags: { a: 'b' },
          start_time: 5,
          exists: true
        },
        { kind: 'params', run: 'r1', entries: { lr: '0.1' }, mirrored: true },
        { kind: 'tags', run: 'r1', entries: {} },
        { kind: 'artifact', run: 'r1', path: 'a/b.png', content: 'AAAA' },
        {
          kind: 'model',
          run: 'r1',
          model_id: 'm',
          name: null,
          uri: null,
          mlmodel: null
        },
        { kind: 'run.end', run: 'r1', status: 'FAILED', end_time: 9 }
      ]
    }
  ]
];

const bad: [string, unknown, string][] = [
  ['null', null, ''],
  ['an array', [], ''],
  ['no source', { v: 1, seq: 0, events: [] }, 'source'],
  ['a bad source', { ...head, source: 'a b', events: [] }, 'source'],
  ['a negative seq', { ...head, seq: -1, events: [] }, 'seq'],
  ['a broken seq', { ...head, seq: 1.5, events: [] }, 'seq'],
  ['events as object', { ...head, events: {} }, 'events'],
  [
    'an unknown kind',
    { ...head, events: [{ kind: 'x', run: 'r' }] },
    'events[0].kind'
  ],
  [
    'an empty run',
    { ...head, events: [{ ...metrics, run: '' }] },
    'events[0].run'
  ],
  [
    'a word as value',
    { ...head, events: [metrics, { ...metrics, values: [1, 'nan', 2, 3] }] },
    'events[1].values[1]'
  ],
  [
    'a null value',
    { ...head, events: [{ ...metrics, values: [1, null, 2, 3] }] },
    'events[0].values[1]'
  ],
  [
    'a broken step',
    { ...head, events: [{ ...metrics, steps: [0, 1, 2.5, 3] }] },
    'events[0].steps[2]'
  ],
  [
    'a param that is a number',
    { ...head, events: [{ kind: 'params', run: 'r', entries: { lr: 1 } }] },
    'events[0].entries.lr'
  ],
  [
    'a status',
    { ...head, events: [{ kind: 'run.end', run: 'r', status: 'RUNNING' }] },
    'events[0].status'
  ]
];

describe('decodeEnvelope', () => {
  it.each(good)('reads what the schema allows: %s', (_, json) => {
    expect(matches(json)).toBe(true);
    expect(decodeEnvelope(json).seq).toBe(0);
  });

  it.each(bad)('refuses what the schema refuses: %s', (_, json, position) => {
    expect(matches(json)).toBe(false);
    let error: unknown;
    try {
      decodeEnvelope(json);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(EventsError);
    expect((error as EventsError).position).toBe(position);
  });

  it('turns words into numbers', () => {
    const event = decodeEnvelope(good[1][1]).events[0] as IMetrics;
    expect([...event.values]).toEqual([1.5, NaN, Infinity, -Infinity]);
    expect([...event.steps]).toEqual([0, 1, -2, 9007199254740992]);
  });

  it('tells an unknown version from a fault', () => {
    expect(() => decodeEnvelope({ ...head, v: 2, events: [] })).toThrow(
      VersionError
    );
  });

  it('refuses arrays of different length and too many points', () => {
    expect(() =>
      decodeEnvelope({ ...head, events: [{ ...metrics, steps: [0] }] })
    ).toThrow('differ in length');
    const many = {
      values: Array(600).fill(1),
      timestamps: Array(600).fill(1),
      steps: Array(600).fill(1)
    };
    const big = { ...metrics, ...many };
    expect(() => decodeEnvelope({ ...head, events: [big, big] })).toThrow(
      '1200 points'
    );
  });
});
