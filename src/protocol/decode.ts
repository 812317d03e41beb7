import {
  type EndStatus,
  EVENTS_VERSION,
  type IEnvelope,
  type IEventCell,
  type IMetrics,
  MAX_POINTS,
  type RunEvent
} from './events';

/** Says why an envelope was refused, and at which place in it. */
export class EventsError extends Error {
  /**
   * Construct an error.
   *
   * @param position - Path into the envelope, such as `events[2].values[0]`.
   * @param reason - What is wrong there.
   */
  constructor(
    readonly position: string,
    readonly reason: string
  ) {
    super(`${position || 'envelope'}: ${reason}`);
    this.name = 'EventsError';
  }
}

/** An envelope of a version that this front end doesn't know. */
export class VersionError extends EventsError {}

/**
 * Read an envelope.
 *
 * #### Notes
 * All or nothing: throws an `EventsError` at the first fault. Unknown fields
 * are ignored, as the contract says.
 */
export function decodeEnvelope(json: unknown): IEnvelope {
  const top = object(json, '');
  if (top.v !== EVENTS_VERSION) {
    throw new VersionError('v', `version ${show(top.v)} is not known`);
  }
  const source = text(top.source, 'source');
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(source)) {
    throw new EventsError('source', 'not 1 to 64 of A-Z a-z 0-9 . _ -');
  }
  const seq = integer(top.seq, 'seq');
  if (seq < 0) {
    throw new EventsError('seq', 'below 0');
  }
  const events = array(top.events, 'events').map((event, i) =>
    decodeEvent(event, `events[${i}]`)
  );
  let points = 0;
  for (const event of events) {
    points += event.kind === 'metrics' ? event.values.length : 0;
  }
  if (points > MAX_POINTS) {
    throw new EventsError('events', `${points} points, over ${MAX_POINTS}`);
  }
  return {
    source,
    seq,
    sentAt: optional(top.sent_at, 'sent_at', integer),
    cell: optional(top.cell, 'cell', decodeCell),
    store: optional(top.store, 'store', text) ?? 'attached',
    events
  };
}

/** The number that a JSON number or one of the words `NaN`, `Infinity`, `-Infinity` stands for. */
export function decodeNumber(json: unknown, at: string): number {
  if (typeof json === 'number') {
    return json;
  }
  if (json === 'NaN' || json === 'Infinity' || json === '-Infinity') {
    return Number(json);
  }
  throw new EventsError(at, `${show(json)} is no number`);
}

function decodeCell(json: unknown, at: string): IEventCell {
  const cell = object(json, at);
  return {
    id: optional(cell.id, `${at}.id`, text),
    executionCount: optional(
      cell.execution_count,
      `${at}.execution_count`,
      integer
    ),
    anchor: optional(cell.anchor, `${at}.anchor`, text)
  };
}

function decodeEvent(json: unknown, at: string): RunEvent {
  const event = object(json, at);
  const run = text(event.run, `${at}.run`);
  if (run.length < 1 || run.length > 256) {
    throw new EventsError(`${at}.run`, 'not 1 to 256 characters');
  }
  const kind = event.kind;
  switch (kind) {
    case 'run.start':
      return {
        kind,
        run,
        name: text(event.name, `${at}.name`),
        experiment: optional(event.experiment, `${at}.experiment`, text),
        parent: optional(event.parent, `${at}.parent`, text),
        tags: optional(event.tags, `${at}.tags`, entries) ?? {},
        startTime: optional(event.start_time, `${at}.start_time`, integer),
        exists: event.exists === true
      };
    case 'metrics':
      return decodeMetrics(event, run, at);
    case 'params':
    case 'tags':
      return { kind, run, entries: entries(event.entries, `${at}.entries`) };
    case 'artifact':
      return { kind, run, path: text(event.path, `${at}.path`) };
    case 'model':
      return {
        kind,
        run,
        modelId: text(event.model_id, `${at}.model_id`),
        name: optional(event.name, `${at}.name`, text),
        uri: optional(event.uri, `${at}.uri`, text)
      };
    case 'run.end':
      return {
        kind,
        run,
        status: endStatus(event.status, `${at}.status`),
        endTime: optional(event.end_time, `${at}.end_time`, integer)
      };
    default:
      throw new EventsError(`${at}.kind`, `${show(kind)} is not known`);
  }
}

function decodeMetrics(
  event: Record<string, unknown>,
  run: string,
  at: string
): IMetrics {
  const values = numbers(event.values, `${at}.values`, decodeNumber);
  const timestamps = numbers(event.timestamps, `${at}.timestamps`, integer);
  const steps = numbers(event.steps, `${at}.steps`, integer);
  if (timestamps.length !== values.length || steps.length !== values.length) {
    throw new EventsError(at, 'values, timestamps and steps differ in length');
  }
  const key = text(event.key, `${at}.key`);
  return { kind: 'metrics', run, key, values, timestamps, steps };
}

function numbers(
  json: unknown,
  at: string,
  read: (json: unknown, at: string) => number
): Float64Array {
  const list = array(json, at);
  const result = new Float64Array(list.length);
  for (let i = 0; i < list.length; i++) {
    result[i] = read(list[i], `${at}[${i}]`);
  }
  return result;
}

function endStatus(json: unknown, at: string): EndStatus {
  if (json === 'FINISHED' || json === 'FAILED' || json === 'KILLED') {
    return json;
  }
  throw new EventsError(at, `${show(json)} is no end status`);
}

function entries(json: unknown, at: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(object(json, at))) {
    result[key] = text(value, `${at}.${key}`);
  }
  return result;
}

function optional<T>(
  json: unknown,
  at: string,
  read: (json: unknown, at: string) => T
): T | null {
  return json === undefined || json === null ? null : read(json, at);
}

function object(json: unknown, at: string): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new EventsError(at, `${show(json)} is no object`);
  }
  return json as Record<string, unknown>;
}

function array(json: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(json)) {
    throw new EventsError(at, `${show(json)} is no array`);
  }
  return json;
}

function text(json: unknown, at: string): string {
  if (typeof json !== 'string') {
    throw new EventsError(at, `${show(json)} is no string`);
  }
  return json;
}

function integer(json: unknown, at: string): number {
  // Not isSafeInteger: 64-bit steps arrive rounded, which a viewer can bear.
  if (typeof json !== 'number' || !Number.isInteger(json)) {
    throw new EventsError(at, `${show(json)} is no integer`);
  }
  return json;
}

function show(json: unknown): string {
  const shown = JSON.stringify(json) ?? 'undefined';
  return shown.length > 40 ? `${shown.slice(0, 39)}…` : shown;
}
