import { normaliseAddress } from '../core/addresses.ts';
import type { Source } from '../core/principal.ts';
import type { Client } from '../core/sessions.ts';
import type { AppContext } from './context.ts';

/** Who is asking, as Cloudflare saw it; headers that a client can write are not believed. */
export const clientOf = (c: AppContext): Client => ({
  ...sourceOf(c),
  userAgent: c.req.raw.headers.get('User-Agent') ?? '',
});

export const sourceOf = (c: AppContext): Source => ({
  requestId: c.get('requestId'),
  address: normaliseAddress(c.req.raw.headers.get('CF-Connecting-IP')),
  country: countryOf(c.req.raw),
});

/** ISO 3166, `T1` for Tor; null where the platform does not tell. */
function countryOf(request: Request): string | null {
  const country: unknown = request.cf?.['country'];
  return typeof country === 'string' && /^[A-Z][A-Z0-9]$/.test(country) ? country : null;
}
