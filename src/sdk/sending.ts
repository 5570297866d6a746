import { NetworkError } from './errors.ts';
import { type Fetch, reached } from './service.ts';

/** A header that proves who is calling. */
export type Credential = readonly ['Authorization' | 'X-API-Key', string];

/** A request that can be sent again: its body has been read, streams included. */
export type Parcel = { request: Request; body: ArrayBuffer | undefined };

/** As the Fetch standard has it (section 4.4). */
const MAX_REDIRECTS = 20;
const REDIRECTS = [301, 302, 303, 307, 308];

/** Firefox has no `request.body` (undefined, not null): there an empty one is sent for none, which is the same. */
export async function parcelOf(request: Request): Promise<Parcel> {
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD' && request.body !== null;
  return { request, body: hasBody ? await request.arrayBuffer() : undefined };
}

/** Nobody waits: where somebody keeps a clone (Fetch standard: a tee), the cancelling ends with that. */
export function discard({ body }: Response): void {
  body?.cancel().catch(() => undefined);
}

/** Its answer, and whether who gave it was sent the credential: redirects may have left that behind. */
export type Delivery = { response: Response; carried: boolean };

/**
 * Sends it with a credential, which reaches no origin but those that `isNamed`, whatever redirects say: `fetch` strips
 * no `X-API-Key`, and on Workers from before September 2025 no `Authorization` either.
 */
export async function send(
  fetch: Fetch,
  { request, body }: Parcel,
  credential: Credential,
  isNamed: (url: URL) => boolean,
): Promise<Delivery> {
  const headers = new Headers(request.headers);
  headers.set(...credential);
  const follows = request.redirect === 'follow';
  // Browsers show no script where a redirect leads, and take `Authorization` off by themselves.
  const byBrowser = follows && isBrowser() && credential[0] === 'Authorization';
  const redirect = byBrowser ? 'follow' : follows ? 'manual' : request.redirect;
  const first = new Request(request, { headers, redirect, ...(body === undefined ? {} : { body }) });
  const response = await reached(() => fetch(first), request.signal);
  if (byBrowser) return { response, carried: !response.redirected || isSameOrigin(response, request) };
  if (!follows) return { response, carried: true };
  const hop = { url: first.url, method: first.method, headers, body };
  return follow(fetch, { response, hop }, isNamed, request.signal);
}

const isSameOrigin = (one: { url: string }, other: { url: string }): boolean =>
  new URL(one.url).origin === new URL(other.url).origin;

type Hop = { url: string; method: string; headers: Headers; body: ArrayBuffer | undefined };

async function follow(
  fetch: Fetch,
  { response, hop }: { response: Response; hop: Hop },
  isNamed: (url: URL) => boolean,
  signal: AbortSignal,
): Promise<Delivery> {
  let [latest, at, carried] = [response, hop, true];
  for (let hops = 0; ; hops++) {
    if (isHidden(latest))
      throw new NetworkError(undefined, 'A redirect would take the credential elsewhere.');
    const location = REDIRECTS.includes(latest.status) ? latest.headers.get('Location') : null;
    if (location === null) return { response: latest, carried };
    if (hops === MAX_REDIRECTS) throw new NetworkError(undefined, 'Too many redirects.');
    discard(latest);
    const from = at.url;
    const target = await reached(async () => targetOf(location, from));
    at = nextHop(at, latest.status, target.href);
    carried &&= isNamed(target);
    if (!carried) stripCredentials(at.headers);
    const { url, method, headers, body } = at;
    const next = new Request(url, {
      method,
      headers,
      redirect: 'manual',
      signal,
      ...(body === undefined ? {} : { body }),
    });
    latest = await reached(() => fetch(next), signal);
  }
}

/** @throws for what is no address, not one of http, or has a name and password in it. */
function targetOf(location: string, from: string): URL {
  const url = new URL(location, from);
  if (/^https?:$/.test(url.protocol) && url.username + url.password === '') return url;
  throw new NetworkError(undefined, 'A redirect leads nowhere.');
}

/** A redirect as a browser shows it: without its target. The types of Workers do not know that name. */
const isHidden = ({ type }: { type: string }): boolean => type === 'opaqueredirect';

/** What a redirect makes of a request (Fetch standard, section 4.4). */
function nextHop(hop: Hop, status: number, url: string): Hop {
  const headers = new Headers(hop.headers);
  const becomesGet = status === 303 ? hop.method !== 'HEAD' : status < 303 && hop.method === 'POST';
  if (!becomesGet) return { ...hop, url, headers };
  for (const name of [
    'Content-Type',
    'Content-Encoding',
    'Content-Language',
    'Content-Location',
    'Content-Length',
  ])
    headers.delete(name);
  return { url, method: 'GET', headers, body: undefined };
}

function stripCredentials(headers: Headers): void {
  for (const name of ['Authorization', 'X-API-Key', 'Cookie']) headers.delete(name);
}

/** Neither Node nor Workers have a location. */
export const isBrowser = (): boolean =>
  (globalThis as unknown as { location?: object }).location !== undefined;
