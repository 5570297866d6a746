import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { createApp } from '../../src/app.ts';
import type { Env } from '../../src/env.ts';
import type { App } from '../../src/http/router.ts';
import { measured, servicesOf } from '../../src/services.ts';
import { env } from './env.ts';

const app = createApp(servicesOf, measured);
export const ORIGIN = 'http://localhost:8787';
export const BASE = '/api/accounts';

type Headers = Record<string, string>;

export type Call = {
  /** Sent as `Authorization: Bearer`. */
  token?: string;
  /** Sent as `X-API-Key`. */
  key?: string;
  headers?: Headers;
  /** Sent as JSON, unless it is a string or bytes, which are sent as they are, as `application/json`. */
  body?: unknown;
  /** Bindings to use instead of the run's own. */
  env?: Env;
};

export type Answer = {
  status: number;
  headers: globalThis.Headers;
  text: string;
  /** The parsed body; null where it is not JSON. */
  body: JsonBody;
};

// Tests read members that they then compare: a missing one is undefined and fails the comparison.
// biome-ignore lint/suspicious/noExplicitAny: an answer's shape is what tests are there to find out
export type JsonBody = any;

/** Bindings of the run with some vars or bindings replaced; a new object, so its services start cold. */
export const envWith = (vars: Partial<Env>): Env => ({ ...env, ...vars });

/** Sends one request to an app in this isolate, ours by default, and waits for what it does after the answer. */
export async function send(request: Request, bindings: Env = env, to: App = app): Promise<Response> {
  const context = createExecutionContext();
  const response = await to.fetch(request, bindings, context);
  await waitOnExecutionContext(context);
  return response;
}

/** `path` is below `/api/accounts` unless it begins with `/api/` or `/.well-known/`, or is `/swagger` or the page at `/`. */
export async function call(method: string, path: string, options: Call = {}): Promise<Answer> {
  return answerTo(requestOf(method, path, options), options.env);
}

export async function answerTo(request: Request, bindings?: Env): Promise<Answer> {
  const response = await send(request, bindings);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parse(text) };
}

export const get = (path: string, options?: Call): Promise<Answer> => call('GET', path, options);
export const post = (path: string, body?: unknown, options?: Call): Promise<Answer> =>
  call('POST', path, { ...options, body });
export const patch = (path: string, body: unknown, options?: Call): Promise<Answer> =>
  call('PATCH', path, { ...options, body });
export const put = (path: string, body: unknown, options?: Call): Promise<Answer> =>
  call('PUT', path, { ...options, body });
export const del = (path: string, options?: Call): Promise<Answer> => call('DELETE', path, options);

export function requestOf(method: string, path: string, { token, key, headers, body }: Call = {}): Request {
  const url = /^\/(api\/|\.well-known\/|swagger|$)/.test(path) ? path : `${BASE}${path}`;
  const all: Headers = {
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    ...(key === undefined ? {} : { 'X-API-Key': key }),
    ...headers,
  };
  return new Request(ORIGIN + url, {
    method,
    headers: all,
    ...(body === undefined ? {} : { body: bytesOf(body) }),
  });
}

const bytesOf = (body: unknown): BodyInit =>
  typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData
    ? (body as BodyInit)
    : JSON.stringify(body);

function parse(text: string): JsonBody {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
