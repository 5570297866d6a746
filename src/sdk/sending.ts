import { NetworkError } from './errors.ts';
import { type Fetch, reached } from './service.ts';

/** A header that proves who is calling. */
export type Credential = readonly ['Authorization' | 'X-API-Key', string];

/** A request that can be sent again: its body has been read, streams included. */
export type Parcel = { request: Request; body: ArrayBuffer | undefined };

/** As the Fetch standard has it (section 4.4). */
const MAX_REDIRECTS = 20;
const REDIRECTS = [301, 302, 303, 307, 308];

/** Not `request.body`, which Firefox has not: an empty body is none. */
export async function parcelOf(request: Request): Promise<Parcel> {
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD' && request.body !== null;
  return { request, body: hasBody ? await request.arrayBuffer() : undefined };
}

/**
 * Sends it with a credential, which reaches no origin but those that `isNamed`, whatever redirects say: `fetch` strips
 * no `X-API-Key`, and on Workers from before September 2025 no `Authorization` either.
 */
export async function send(
  fetch: Fetch,
  { request, body }: Parcel,
  credential: Credential,
  isNamed: (url: URL) => boolean,
): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.set(...credential);
  const follows = request.redirect === 'follow';
  // Browsers show no script where a redirect leads, and take `Authorization` off by themselves.
  const byBrowser = follows && isBrowser() && credential[0] === 'Authorization';
  const redirect = byBrowser ? 'follow' : follows ? 'manual' : request.redirect;
  const first = new Request(request, { headers, redirect, ...(body === undefined ? {} : { body }) });
  const response = await reached(() => fetch(first), request.signal);
  if (!follows || byBrowser) return response;
  return follow(
    fetch,
    { response, hop: { url: first.url, method: first.method, headers, body } },
    isNamed,
    request.signal,
  );
}

type Hop = { url: string; method: string; headers: Headers; body: ArrayBuffer | undefined };

async function follow(
  fetch: Fetch,
  { response, hop }: { response: Response; hop: Hop },
  isNamed: (url: URL) => boolean,
  signal: AbortSignal,
): Promise<Response> {
  let [latest, at] = [response, hop];
  for (let hops = 0; ; hops++) {
    if (isHidden(latest))
      throw new NetworkError(undefined, 'A redirect would take the credential elsewhere.');
    const location = REDIRECTS.includes(latest.status) ? latest.headers.get('Location') : null;
    if (location === null) return latest;
    if (hops === MAX_REDIRECTS) throw new NetworkError(undefined, 'Too many redirects.');
    await latest.body?.cancel();
    at = nextHop(at, latest.status, location);
    if (!isNamed(new URL(at.url))) stripCredentials(at.headers);
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

/** A redirect as a browser shows it: without its target. The types of Workers do not know that name. */
const isHidden = ({ type }: { type: string }): boolean => type === 'opaqueredirect';

/** What a redirect makes of a request (Fetch standard, section 4.4). */
function nextHop(hop: Hop, status: number, location: string): Hop {
  const url = new URL(location, hop.url).href;
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
