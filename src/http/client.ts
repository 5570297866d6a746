import { normaliseAddress } from '../core/addresses.ts';
import type { Source } from '../core/principal.ts';
import type { Client } from '../core/sessions.ts';
import type { AppContext } from './context.ts';

/** Who is asking, as Cloudflare saw it; headers that a client can write are not believed. */
export function clientOf(c: AppContext): Client {
  const { requestId, address, country } = sourceOf(c);
  return { requestId, address, country, userAgent: c.req.raw.headers.get('User-Agent') ?? '' };
}

export const sourceOf = (c: AppContext): Source => new RequestSource(c.get('requestId'), c.req.raw);

/** Finds out when it is asked, by what writes: most requests only read. Not to be spread: its members are getters. */
class RequestSource implements Source {
  readonly requestId: string;
  readonly #request: Request;

  constructor(requestId: string, request: Request) {
    this.requestId = requestId;
    this.#request = request;
  }

  get address(): string | null {
    return normaliseAddress(this.#request.headers.get('CF-Connecting-IP'));
  }

  get country(): string | null {
    return countryOf(this.#request);
  }
}

/** ISO 3166, `T1` for Tor; null where the platform does not tell. */
function countryOf(request: Request): string | null {
  const country: unknown = request.cf?.['country'];
  return typeof country === 'string' && /^[A-Z][A-Z0-9]$/.test(country) ? country : null;
}
