import type { TranslationBundle } from '@jupyterlab/translation';

import { RunsError } from './errors';

/** What is known of a request that failed. */
export interface IFailure {
  /** HTTP status, undefined where no answer came. */
  status?: number;
  /** Body of the answer: parsed JSON, or text. */
  body?: unknown;
  /** The transport's own words. */
  reason: string;
  aborted?: boolean;
}

/** The command that mends a missing or different server half. */
export const INSTALL_COMMAND = 'pip install -U jupyterlab-cellruns';

/** The error that a failed request stands for, in words for the user. */
export function describeFailure(
  failure: IFailure,
  trans: TranslationBundle
): RunsError {
  const { status, reason } = failure;
  if (failure.aborted) {
    return new RunsError({
      message: trans.__('The request was cancelled.'),
      code: 'aborted'
    });
  }
  if (status === undefined) {
    return new RunsError({
      message: trans.__('The Jupyter server does not answer (%1).', reason),
      hint: trans.__(
        'Check that it is still running and that this computer is online.'
      ),
      code: 'offline'
    });
  }
  const body = asObject(failure.body);
  if (typeof body.code === 'string' && typeof body.message === 'string') {
    const hint = typeof body.hint === 'string' ? body.hint : '';
    return new RunsError({
      message: body.message,
      hint,
      code: body.code,
      status,
      ...(isSpan(body.span) ? { span: body.span } : {})
    });
  }
  if (status === 404) {
    return serverMissing(trans);
  }
  if (status === 401 || status === 403) {
    return new RunsError({
      message: trans.__('The Jupyter server refused the request (%1).', status),
      hint: trans.__(
        'Your login may have ended: reload the page and log in again.'
      ),
      code: 'forbidden',
      status
    });
  }
  const detail = typeof body.message === 'string' ? body.message : reason;
  return new RunsError({
    message: trans.__('The Cellruns server failed (%1): %2', status, detail),
    hint: trans.__('The log of the Jupyter server has the details.'),
    code: 'server_error',
    status
  });
}

/** The error for a Jupyter server that has no Cellruns. */
export function serverMissing(trans: TranslationBundle): RunsError {
  return new RunsError({
    message: trans.__('The server part of Cellruns is not running.'),
    hint: trans.__(
      'Run "%1" in the environment of the Jupyter server, restart the server and reload this page.',
      INSTALL_COMMAND
    ),
    code: 'server_missing',
    status: 404
  });
}

function isSpan(value: unknown): value is [number, number] {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every(place => typeof place === 'number')
  );
}

function asObject(body: unknown): Record<string, unknown> {
  let value = body;
  if (typeof value === 'string') {
    try {
      value = JSON.parse(value);
    } catch {
      return {};
    }
  }
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)
    : {};
}
