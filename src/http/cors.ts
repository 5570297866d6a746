import type { SentHeaders } from './answer.ts';
import type { AppContext } from './context.ts';
import { isPageLoginPath } from './page-login.ts';
import { JWKS_PATH } from './routes/jwks.ts';

const PREFLIGHT_SECONDS = 2 * 60 * 60;

/**
 * Lets pages of other origins call the API (Fetch standard, section 3.2). No cookies are involved, so any
 * origin may be allowed; errors carry the headers too, or a page could not read them. The paths that do take a
 * cookie are for our own page, and public keys are for anyone, whatever is configured.
 */
export function allowOrigins(c: AppContext, headers: SentHeaders): void {
  if (isPageLoginPath(c.get('route') ?? '')) return;
  const isForAnyone = c.get('route') === JWKS_PATH;
  const origins = isForAnyone ? ['*'] : configuredOrigins(c);
  const anyOrigin = origins.includes('*');
  if (!anyOrigin) headers.Vary = 'Origin';
  const origin = c.req.header('Origin');
  // What caches keep is for pages too, whoever asked first.
  if (isForAnyone) headers['Access-Control-Allow-Origin'] = '*';
  if (origin === undefined || !(anyOrigin || origins.includes(origin))) return;
  headers['Access-Control-Allow-Origin'] = anyOrigin ? '*' : origin;
  headers['Access-Control-Expose-Headers'] = 'Retry-After, X-Request-Id';
  if (c.req.method !== 'OPTIONS') return;
  if (headers.Allow !== undefined) headers['Access-Control-Allow-Methods'] = headers.Allow;
  headers['Access-Control-Allow-Headers'] = 'authorization, content-type, x-api-key';
  headers['Access-Control-Max-Age'] = String(PREFLIGHT_SECONDS);
}

/** While the configuration is wrong there is only a 503 to read, and any page may read that. */
function configuredOrigins(c: AppContext): readonly string[] {
  try {
    return c.get('deps')().corsOrigins;
  } catch {
    return ['*'];
  }
}
