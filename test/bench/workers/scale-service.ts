import { createApp } from '../../../src/app.ts';
import type { HousekeepingStore } from '../../../src/core/housekeeping.ts';
import type { Env } from '../../../src/env.ts';
import { measured, servicesOf } from '../../../src/services.ts';
import { ADDRESS } from '../scale-task.ts';

type Call = { token?: string; key?: string; body?: unknown; status?: number };
// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what its status promises
type Body = any;

/** The service with one of the databases; each call waits for what is done after its answer, too. */
export type Service = {
  send: (method: string, path: string, call?: Call) => Promise<Body>;
  get: (path: string, call?: Call) => Promise<Body>;
  post: (path: string, call?: Call) => Promise<Body>;
  housekeeping: HousekeepingStore;
};

const app = createApp(servicesOf, measured);

/** @throws Error, from each call, when the answer has another status. */
export function serviceWith(env: Env): Service {
  const send: Service['send'] = async (method, path, { token, key, body, status = 200 } = {}) => {
    const request = new Request(`http://localhost/api/accounts/${path}`, {
      method,
      headers: {
        'CF-Connecting-IP': ADDRESS,
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(key === undefined ? {} : { 'X-API-Key': key }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await answered(request, env);
    const text = await response.text();
    if (response.status !== status) throw new Error(`${method} ${path} gave ${response.status}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  return {
    send,
    get: (path, call) => send('GET', path, call),
    post: (path, call) => send('POST', path, call),
    housekeeping: servicesOf(env).housekeeping,
  };
}

async function answered(request: Request, env: Env): Promise<Response> {
  const later: Promise<unknown>[] = [];
  const waitUntil = (work: Promise<unknown>) => void later.push(work);
  const context = { waitUntil, passThroughOnException: () => {}, props: {} };
  const response = await app.fetch(request, env, context as unknown as ExecutionContext);
  await Promise.all(later);
  return response;
}
