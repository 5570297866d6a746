import { abortable } from './aborting.ts';
import { authorized } from './authorized-fetch.ts';
import { signedOut } from './errors.ts';
import { createKeptLogin, thisMoment } from './login.ts';
import type { Me, Operations } from './operations.ts';
import { keyProof, loginProof, type Proof } from './proofs.ts';
import { createRefresher } from './refreshing.ts';
import { API_PATH, createService, type Fetch, isRefusal, type LogoutScope, read } from './service.ts';
import { shelfIn } from './shelf.ts';
import { memoryStorage, type TokenStorage } from './storage.ts';

export type ClientOptions = {
  /** The origin of the service, such as `https://accounts.example.com`. */
  baseUrl: string;
  /** More origins that `client.fetch` sends the credential to: whoever is named here can act as the user. */
  origins?: readonly string[];
  /** Where tokens are kept; in memory by default. */
  storage?: TokenStorage;
  /** Sent as `X-API-Key` with every request. There is no login then. */
  apiKey?: string;
  /** Sends the requests, in place of the global one. It gets a Request. */
  fetch?: Fetch;
  /** The login has ended and nobody called `logout` here: it was ended elsewhere, or its time was over. */
  onSignedOut?: () => void;
};

type Waiting = { signal?: AbortSignal | undefined };
type OperationName = keyof Operations;
type Input<Name extends OperationName> = Operations[Name]['input'] & Waiting;

/**
 * All methods reject with AccountsError where the service answers with an error, with NetworkError where there is no
 * answer of it, and with the reason of `signal` where that was aborted.
 */
export type Client = {
  /** Signs in, in place of whoever was. Not with an API key. */
  login(credentials: { username: string; password: string } & Waiting): Promise<void>;
  /**
   * Forgets the tokens, then ends the login: this one, or with `global` all of the user; `others` ends all but this
   * one, which is kept. A failure is thrown when the tokens are gone. Not with an API key.
   */
  logout(options?: { scope?: LogoutScope } & Waiting): Promise<void>;
  /** Gets a new access token now, which requests do by themselves in time. Not with an API key. */
  refresh(options?: Waiting): Promise<void>;
  me(options?: Waiting): Promise<Me>;
  /**
   * An operation of the API by method and path: `request('GET users/{id}/', { id: 7 })`. Answers the JSON, and
   * undefined where there is none.
   */
  request<Name extends OperationName>(
    name: Name,
    ...input: Record<never, never> extends Input<Name> ? [Input<Name>?] : [Input<Name>]
  ): Promise<Operations[Name]['answer']>;
  /**
   * As the global `fetch`, and sends the credential to the origins that were named, unless the request has one of its
   * own. A login's token is replaced before it ends, and a request that is answered 401 is sent once more with a new
   * one; so its body is read into memory first, also that of a stream. Where no token can be had, the request is not
   * sent and that failure is thrown; without a login it is sent as it is.
   */
  fetch: typeof globalThis.fetch;
};

type Login = Pick<Client, 'login' | 'logout' | 'refresh'>;

/**
 * @throws TypeError for a `baseUrl` or an origin that is more than an origin, or not of http; for a key that no header
 * can hold.
 */
export function createClient(options: ClientOptions): Client {
  const origin = originOf(options.baseUrl);
  const named = new Set([origin, ...(options.origins ?? []).map(originOf)]);
  const plainFetch: Fetch = options.fetch ?? ((request) => globalThis.fetch(request));
  const { proof, ...login } =
    options.apiKey === undefined
      ? loginOf(options, origin, plainFetch)
      : { ...NO_LOGIN, proof: keyProof(keyOf(options.apiKey)) };

  const fetch = authorized({ fetch: plainFetch, proof, origin, named });

  const request = async (name: string, input: AnyInput = {}): Promise<unknown> => {
    const { url, init } = requestOf(origin, name, input);
    return read(await fetch(url, init), input.signal);
  };

  // The casts are the promise of the service's document, which a test compares with the types.
  return {
    ...login,
    async logout(asked = {}) {
      const { scope, signal } = asked;
      if (scope !== 'others' || options.apiKey !== undefined) return login.logout(asked);
      await request('POST auth/logout/', { query: { scope }, signal });
    },
    fetch,
    request: request as Client['request'],
    me: (input) => request('GET users/me/', input) as Promise<Me>,
  };
}

type AnyInput = { id?: number | string; query?: object; body?: object } & Waiting;

function requestOf(origin: string, name: string, { id = '', query = {}, body, signal }: AnyInput) {
  const [method = '', path = ''] = name.split(' ');
  // Even encoded they are steps to another path (URL standard), so to another operation.
  if (/^\.\.?$/.test(String(id))) throw new TypeError('An id cannot be made of dots.');
  const url = new URL(path.replace('{id}', encodeURIComponent(id)), origin + API_PATH);
  for (const [key, value] of Object.entries(query)) {
    for (const each of [value].flat()) if (each !== undefined) url.searchParams.append(key, String(each));
  }
  const json = body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  return { url, init: { method, ...json, ...(signal && { signal }) } };
}

const noLogin = async (): Promise<never> => {
  throw new TypeError('A client with an API key has no login.');
};
const NO_LOGIN: Login = { login: noLogin, logout: noLogin, refresh: noLogin };

function loginOf(options: ClientOptions, origin: string, fetch: Fetch): Login & { proof: Proof } {
  const { storage = memoryStorage(), onSignedOut = () => undefined } = options;
  // What it throws is its own affair, as with any listener.
  const tell = () => queueMicrotask(onSignedOut);
  const service = createService(origin, fetch);
  const login = createKeptLogin(shelfIn(storage, origin), tell);
  const renew = createRefresher({ service, login, storage });

  return {
    async login({ username, password, signal }) {
      const asked = thisMoment();
      await login.keep({ ...(await service.login({ username, password }, signal)), asked });
    },
    async logout({ scope = 'local', signal } = {}) {
      const leaving = login.leave(async (left) => {
        try {
          await service.logout(left, scope, signal);
        } catch (error) {
          // The login is over already.
          if (scope !== 'local' || !isRefusal(error)) throw error;
        }
      });
      await abortable(leaving, signal);
    },
    async refresh({ signal } = {}) {
      const tokens = await abortable(login.read(), signal);
      if (tokens === null) throw signedOut();
      await abortable(renew(tokens.access), signal);
    },
    proof: loginProof(login, renew),
  };
}

function originOf(text: string): string {
  const { protocol, origin, href } = new URL(text);
  if (/^https?:$/.test(protocol) && href === `${origin}/`) return origin;
  throw new TypeError(`${text} is no origin, such as https://accounts.example.com`);
}

/** Not left to `fetch`, whose error would print it. What is around it, as of a file, is dropped by every `fetch`. */
function keyOf(text: string): string {
  const key = text.trim();
  if (/^[!-~]*$/.test(key)) return key;
  throw new TypeError('The API key has blanks or line breaks in it, or what is not ASCII.');
}
