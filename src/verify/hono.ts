import type { Context, MiddlewareHandler } from 'hono';
import type { Permission } from '../core/permissions.ts';
import type { Caller, OfflineCaller, OfflineReason, Reason } from './caller.ts';
import type { BoundVerifier, Verifier } from './verifier.ts';

/** Who a verifier finds to be calling; of permissions only one with a binding knows. */
export type CallerOf<V extends Verifier> = V extends BoundVerifier ? Caller : OfflineCaller;

type Knowing<Known> = MiddlewareHandler<{ Variables: { caller: Known } }>;

/** Lets in whoever has a credential that is good, as `c.get('caller')`; 401, or 503 while that cannot be told. */
export function authenticated<V extends Verifier>(verifier: V): Knowing<CallerOf<V>> {
  return async (c, next) => {
    const entry = await enter(c, verifier);
    return entry instanceof Response ? entry : next();
  };
}

/**
 * As `authenticated`, and 403 for whoever lacks the permission. However many of the two a request passes, one question
 * is asked.
 * @throws TypeError for a verifier without a binding, which cannot know.
 */
export function requires(verifier: BoundVerifier, permission: Permission): Knowing<Caller> {
  if (verifier.kind !== 'binding') {
    throw new TypeError('permissions are not in tokens: requires() needs a verifier with a binding');
  }
  return async (c, next) => {
    const entry = await enter(c, verifier);
    if (entry instanceof Response) return entry;
    return entry.permissions?.includes(permission) ? next() : refuse(403, { detail: FORBIDDEN });
  };
}

/** Who was found by whom. The variable alone would not do: anything before us may have set it. */
const entries = new WeakMap<Context, { verifier: Verifier; caller: Caller | OfflineCaller }>();

async function enter(c: Context, verifier: Verifier): Promise<Caller | OfflineCaller | Response> {
  const entry = entries.get(c);
  if (entry?.verifier === verifier) return entry.caller;
  const verdict = await verifier.verify(c.req.raw.headers);
  if (!verdict.valid) {
    const { status, ...body } = REFUSALS[verdict.reason];
    return refuse(status, body);
  }
  const { valid: _, ...caller } = verdict;
  c.set('caller', caller);
  entries.set(c, { verifier, caller });
  return caller;
}

type Refused = { status: 401 | 503; detail: string; code?: string };

const FORBIDDEN = 'You do not have permission to perform this action.';
const BAD_TOKEN: Refused = {
  status: 401,
  detail: 'Given token not valid for any token type',
  code: 'token_not_valid',
};

/** In the words of the accounts service, so that clients need to know only one. */
const REFUSALS: Record<Reason | OfflineReason, Refused> = {
  not_provided: { status: 401, detail: 'Authentication credentials were not provided.' },
  malformed: {
    status: 401,
    detail: 'Authorization header must contain two space-delimited values',
    code: 'bad_authorization_header',
  },
  token_invalid: BAD_TOKEN,
  token_expired: BAD_TOKEN,
  token_wrong_type: BAD_TOKEN,
  login_ended: BAD_TOKEN,
  key_unknown: { status: 401, detail: 'Invalid API key' },
  key_needs_binding: { status: 401, detail: 'API keys are not accepted here.' },
  user_not_found: { status: 401, detail: 'User not found', code: 'user_not_found' },
  user_inactive: { status: 401, detail: 'User is inactive', code: 'user_inactive' },
  unavailable: { status: 503, detail: 'The service is not available. Try again.' },
};

const HEADERS = {
  401: { 'WWW-Authenticate': 'Bearer realm="api"' },
  403: {},
  503: { 'Retry-After': '5' },
};

/** Made without Hono, of which this module uses no more than types. */
const refuse = (status: 401 | 403 | 503, body: { detail: string; code?: string }): Response =>
  Response.json(body, { status, headers: { 'Cache-Control': 'no-store', ...HEADERS[status] } });
