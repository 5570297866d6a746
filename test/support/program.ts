import { vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import { type Client, type ClientOptions, createClient, type TokenStorage } from '../../src/sdk/index.ts';
import { ORIGIN, send } from './api.ts';
import { env } from './env.ts';
import type { Person } from './people.ts';

/** A request of the client, as it went out. */
export type Sent = { url: string; method: string; headers: Headers; body: string };

/** A program that uses the client, and what lies between it and the service. */
export type Program = {
  client: Client;
  sent: Sent[];
  /** How often it asked for this path, which is below `/api/accounts/`. */
  count(path: string): number;
  /** How often it was told that its login is over. */
  signedOut(): number;
  /** Bindings of the service from now on. */
  serve(bindings: Env): void;
};

/** Answers instead of the service; undefined lets a request through. */
export type Between = (
  request: Request,
  number: number,
) => Promise<Response | undefined> | Response | undefined;

type ProgramOptions = Omit<Partial<ClientOptions>, 'fetch' | 'onSignedOut'> & {
  between?: Between;
  env?: Env;
};

export function program({ between, env: first, ...options }: ProgramOptions = {}): Program {
  const sent: Sent[] = [];
  let bindings: Env = first ?? env;
  const onSignedOut = vi.fn();
  const fetch = async (request: Request): Promise<Response> => {
    const { url, method, headers } = request;
    // The reason of a request that is not even sent, as of `fetch`.
    if (request.signal.aborted) throw request.signal.reason;
    sent.push({ url, method, headers: new Headers(headers), body: await bodyOf(request) });
    return (await between?.(request, sent.length)) ?? send(request, bindings);
  };
  return {
    client: createClient({ baseUrl: ORIGIN, ...options, fetch, onSignedOut }),
    sent,
    count: (path) => sent.filter(({ url }) => new URL(url).pathname === `/api/accounts/${path}`).length,
    signedOut: () => onSignedOut.mock.calls.length,
    serve(next) {
      bindings = next;
    },
  };
}

/** Not by `text`, for which workerd warns of forms. */
const bodyOf = async (request: Request): Promise<string> =>
  new TextDecoder().decode(await request.clone().arrayBuffer());

/** A program that this person has signed in to. */
export async function signedInProgram(who: Person, options?: ProgramOptions): Promise<Program> {
  const made = program(options);
  await made.client.login({ username: who.username, password: who.password });
  made.sent.length = 0;
  return made;
}

/** What several tabs have in common, each look at which takes a turn of the loop. */
export function sharedStorage(): TokenStorage & { text(): string | null } {
  let kept: string | null = null;
  return {
    text: () => kept,
    get: async () => kept,
    set: async (tokens) => {
      kept = tokens;
    },
    remove: async () => {
      kept = null;
    },
  };
}

/** As the Web Locks of one origin: one holder of a name at a time, and the next in the order of asking. */
export function webLocks() {
  const last = new Map<string, Promise<unknown>>();
  const names: string[] = [];
  return {
    names,
    request<Value>(name: string, _: object, work: () => Promise<Value>): Promise<Value> {
      names.push(name);
      const result = (last.get(name) ?? Promise.resolve()).then(work);
      last.set(
        name,
        result.catch(() => undefined),
      );
      return result;
    },
  };
}

/** All clocks go on; with `['Date']` only that of the service, which the client does not look at. */
export function inMinutes(
  minutes: number,
  clocks: ('Date' | 'performance')[] = ['Date', 'performance'],
): void {
  const now = Date.now() + minutes * 60_000;
  const steady = performance.now() + minutes * 60_000;
  vi.useFakeTimers({ toFake: ['Date'], now });
  if (clocks.includes('performance')) vi.spyOn(performance, 'now').mockReturnValue(steady);
}
