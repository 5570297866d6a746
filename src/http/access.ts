import { touchOf } from '../core/api-keys.ts';
import type { CallerDeps, CallerStore } from '../core/callers.ts';
import { authenticate, credentialOf, type Refusal } from '../core/credentials.ts';
import { DomainError, forbidden } from '../core/errors.ts';
import type { Permission } from '../core/permissions.ts';
import { holds, type Identity, type Principal } from '../core/principal.ts';
import { TOKEN_SENTENCES } from '../core/sessions.ts';
import type { TokenProblem } from '../core/tokens.ts';
import type { User } from '../core/users.ts';
import type { Answer } from './answer.ts';
import { sourceOf } from './client.ts';
import type { AppContext } from './context.ts';

/** Who may call a route: the guard that runs before anything of the request is read, and its documentation. */
export type Access<Caller> = {
  /** Answers itself where there is nothing left to do, as a set-up that has been done. */
  check(c: AppContext, now: Date): Promise<Caller | Answer>;
  isPublic: boolean;
  /** The permission asked for, `admin`, or null where being signed in is enough. */
  right: Permission | 'admin' | null;
};

/** Anyone, and credentials in headers are not looked at. */
export const open: Access<null> = { check: async () => null, isPublic: true, right: null };

export const signedIn: Access<Principal> = { check: identified, isPublic: false, right: null };

/** As `signedIn`, for what answers with all of the caller's own user. */
export const signedInProfile: Access<Principal<User>> = {
  check: (c, now) => principalOf(c, now, ({ profiles }) => profiles),
  isPublic: false,
  right: null,
};

export const requires = (permission: Permission): Access<Principal> =>
  guarded(permission, (principal) => holds(principal.rights, permission));

export const adminOnly: Access<Principal> = guarded('admin', (principal) => principal.rights.isAdmin);

function guarded(right: Permission | 'admin', allows: (principal: Principal) => boolean): Access<Principal> {
  const check = async (c: AppContext, now: Date): Promise<Principal> => {
    const principal = await identified(c, now);
    if (!allows(principal)) throw forbidden();
    return principal;
  };
  return { check, isPublic: false, right };
}

function identified(c: AppContext, now: Date): Promise<Principal> {
  return principalOf(c, now, ({ callers }) => callers);
}

async function principalOf<Known extends Identity>(
  c: AppContext,
  now: Date,
  callersIn: (deps: CallerDeps) => CallerStore<Known>,
): Promise<Principal<Known>> {
  const deps = c.get('deps')();
  const { headers } = c.req.raw;
  const credential = credentialOf({
    authorization: headers.get('Authorization'),
    // A Bearer decides alone, and then nobody asks for it.
    get apiKey() {
      return headers.get('X-API-Key');
    },
  });
  const result = await authenticate(deps, { credential, callers: callersIn(deps), from: sourceOf(c), now });
  if (!result.valid) throw refused(result.reason);
  c.set('caller', result.principal);
  const touch = touchOf(deps, { proof: result.principal.proof, now });
  if (touch !== null) c.get('afterwards').push(touch);
  return result.principal;
}

type Refused = { detail: string; code?: string; messages?: unknown };

const badToken = (problem: TokenProblem): Refused => ({
  detail: 'Given token not valid for any token type',
  code: 'token_not_valid',
  messages: [{ token_class: 'AccessToken', token_type: 'access', message: TOKEN_SENTENCES[problem] }],
});

const REFUSALS: Record<Refusal, Refused> = {
  not_provided: { detail: 'Authentication credentials were not provided.' },
  malformed_header: {
    detail: 'Authorization header must contain two space-delimited values',
    code: 'bad_authorization_header',
  },
  token_invalid: badToken('invalid'),
  token_expired: badToken('expired'),
  token_wrong_type: badToken('wrong_type'),
  token_no_type: badToken('no_type'),
  token_no_id: badToken('no_id'),
  session_ended: badToken('invalid'),
  refresh_replaced: badToken('invalid'),
  user_not_found: { detail: 'User not found', code: 'user_not_found' },
  user_inactive: { detail: 'User is inactive', code: 'user_inactive' },
  key_unknown: { detail: 'Invalid API key' },
  key_owner_inactive: { detail: 'User inactive' },
};

function refused(reason: Refusal): DomainError {
  const { detail, ...extra } = REFUSALS[reason];
  return new DomainError('unauthenticated', detail, { extra });
}
