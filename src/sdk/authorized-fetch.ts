import type { Proof } from './proofs.ts';
import { discard, parcelOf, send } from './sending.ts';
import { type Fetch, isOpen, reached } from './service.ts';

type Deps = {
  fetch: Fetch;
  proof: Proof;
  /** Of the service. */
  origin: string;
  /** The origins that may be sent a credential. */
  named: ReadonlySet<string>;
};

/** The `fetch` of a client, see there. */
export function authorized({ fetch, proof, origin, named }: Deps): typeof globalThis.fetch {
  const isNamed = (url: URL): boolean => named.has(url.origin);

  function takesCredential({ url: address, headers }: Request): boolean {
    const url = new URL(address);
    const hasOwn = headers.has('Authorization') || headers.has('X-API-Key');
    return isNamed(url) && !hasOwn && !(url.origin === origin && isOpen(url.pathname));
  }

  return async (...args: Parameters<typeof globalThis.fetch>) => {
    // Its address is the one that is really asked, however the arguments named it.
    const request = new Request(...args);
    const { signal } = request;
    const credential = takesCredential(request) ? await proof.current(signal) : null;
    if (credential === null) return reached(() => fetch(request), signal);
    const parcel = await reached(() => parcelOf(request), signal);
    const { response, carried } = await send(fetch, parcel, credential, isNamed);
    if (response.status !== 401 || !carried || proof.next === undefined) return response;
    discard(response);
    return (await send(fetch, parcel, await proof.next(credential, signal), isNamed)).response;
  };
}
