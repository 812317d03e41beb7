import type { TranslationBundle } from '@jupyterlab/translation';
import type { AxiosInstance, AxiosResponse } from 'axios';

import { describeFailure, serverMissing } from './failure';

/** One request to a route of the Cellruns server. */
export interface IRequest {
  method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Route below `<base_url>/cellruns/`. */
  path: string;
  params?: Record<string, string | number | readonly string[] | undefined>;
  data?: unknown;
}

/** Requests with Jupyter's login and XSRF token; every failure becomes a `RunsError`. */
export class Http {
  constructor(options: {
    baseUrl: string;
    token: string;
    trans: TranslationBundle;
    /** Parameters of every request. */
    params?: Record<string, string>;
  }) {
    this._params = options.params ?? {};
    this._baseUrl = options.baseUrl;
    this._token = options.token;
    this._trans = options.trans;
  }

  /** The JSON answer of a route. */
  async json<T>(request: IRequest): Promise<T> {
    const answer = await this._send(request, 'json');
    // A login page or a proxy's error page comes as text with a good status.
    if (typeof answer.data !== 'object' || answer.data === null) {
      throw serverMissing(this._trans);
    }
    return answer.data as T;
  }

  /** The first `limit` bytes of a route's answer, as UTF-8 text; the rest isn't fetched. */
  async text(
    request: Omit<IRequest, 'method'>,
    limit: number
  ): Promise<string> {
    const answer = await this._send({ ...request, method: 'GET' }, 'stream');
    const reader = (answer.data as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    let text = '';
    let left = limit;
    while (left > 0) {
      const { done, value } = await reader.read();
      if (done) {
        return text + decoder.decode();
      }
      text += decoder.decode(value.subarray(0, left), { stream: true });
      left -= value.length;
    }
    void reader.cancel();
    return text;
  }

  /** The bytes of a route's answer. */
  async blob(request: Omit<IRequest, 'method'>): Promise<Blob> {
    return (await this._send({ ...request, method: 'GET' }, 'blob'))
      .data as Blob;
  }

  private async _send(
    request: IRequest,
    responseType: 'json' | 'stream' | 'blob'
  ): Promise<AxiosResponse<unknown>> {
    const axios = await this._instance();
    let answer: AxiosResponse<unknown>;
    try {
      answer = await axios.request({
        method: request.method,
        url: request.path.split('/').filter(Boolean).join('/'),
        params: { ...request.params, ...this._params },
        data: request.data,
        responseType
      });
    } catch (reason) {
      const message = reason instanceof Error ? reason.message : String(reason);
      throw describeFailure({ reason: message }, this._trans);
    }
    if (answer.status >= 200 && answer.status < 300) {
      return answer;
    }
    throw describeFailure(
      {
        status: answer.status,
        body: await Private.bodyText(answer.data),
        reason: answer.statusText || String(answer.status)
      },
      this._trans
    );
  }

  /** Axios comes with the first request: it is no part of what every page loads at its start. */
  private _instance(): Promise<AxiosInstance> {
    this._axios ??= import('axios').then(({ default: axios }) =>
      axios.create({
        // Fetch in every place: it streams, so a preview of a large file stops early.
        adapter: 'fetch',
        baseURL: this._baseUrl,
        withCredentials: true,
        xsrfCookieName: '_xsrf',
        xsrfHeaderName: 'X-XSRFToken',
        headers: {
          'Cache-Control': 'no-store',
          ...(this._token ? { Authorization: `token ${this._token}` } : {})
        },
        paramsSerializer: { serialize: Private.query },
        validateStatus: () => true
      })
    );
    return this._axios;
  }

  private _params: Record<string, string>;
  private _axios: Promise<AxiosInstance> | null = null;
  private _baseUrl: string;
  private _token: string;
  private _trans: TranslationBundle;
}

namespace Private {
  /** A query with repeated keys for lists, and none for what is undefined. */
  export function query(params: Record<string, unknown>): string {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(params)) {
      for (const item of Array.isArray(value) ? value : [value]) {
        if (item !== undefined && item !== null) {
          query.append(key, String(item));
        }
      }
    }
    return query.toString();
  }

  export async function bodyText(data: unknown): Promise<unknown> {
    if (data instanceof Blob) {
      return data.text();
    }
    if (data instanceof ReadableStream) {
      return new Response(data).text();
    }
    return data;
  }
}
