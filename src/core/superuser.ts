import { isPrivateAddress } from './addresses.ts';
import { DomainError } from './errors.ts';
import { assertAcceptable, hashPassword, type PasswordPolicy } from './passwords.ts';
import { ADMIN_LEVEL, type Source } from './principal.ts';
import { NEW_USER_FIELDS, type NewUser } from './users.ts';

export interface SuperuserStore {
  /** Whether any admin exists, active or not. */
  exists(): Promise<boolean>;
  /**
   * Stores the user if there is still no admin, in one statement: of racing calls one wins.
   * `username_taken` when a user of that name exists who is no admin.
   */
  insertFirst(user: NewUser, from: Source): Promise<'created' | 'superuser_exists' | 'username_taken'>;
}

export type SuperuserDeps = {
  superuser: SuperuserStore;
  passwordPolicy: PasswordPolicy;
  /** The one address that may set up over the web; without it loopback and private ones may. */
  setupAllowedIp: string | undefined;
};

/** What a browser tells of the page that sent a request (RFC 6454, Fetch Metadata); programs send neither. */
export type RequestOrigin = { origin: string | null; fetchSite: string | null; url: URL };

export type SetupCaller = { address: string | null; from: RequestOrigin };

/**
 * Why this caller may not even try, as a sentence for people; null when it may. A page of another site must not
 * create the admin on the machine of a developer who visits it, neither as itself (CSRF) nor under a name that
 * it points at that machine (DNS rebinding).
 */
export function setupRefusal(
  deps: Pick<SuperuserDeps, 'setupAllowedIp'>,
  { address, from }: SetupCaller,
): string | null {
  if (!isAllowedAddress(deps, address)) {
    return 'The first admin cannot be created from this address. Use a local one, or set SETUP_ALLOWED_IP.';
  }
  const isLocalOnly = deps.setupAllowedIp === undefined;
  if (isForeignPage(from) || (isFromPage(from) && isLocalOnly && !isLocalName(from.url.hostname))) {
    return 'The first admin cannot be created from a page of another site.';
  }
  return null;
}

/** @throws DomainError `forbidden`, which also tells the caller the address that it was judged by. */
export function assertSetupAllowed(deps: Pick<SuperuserDeps, 'setupAllowedIp'>, caller: SetupCaller): void {
  const refusal = setupRefusal(deps, caller);
  if (refusal === null) return;
  const extra = { client_ip: caller.address, setup_allowed: false };
  throw new DomainError('forbidden', refusal, { extra });
}

/** No address, no right. */
function isAllowedAddress(deps: Pick<SuperuserDeps, 'setupAllowedIp'>, address: string | null): boolean {
  if (address === null) return false;
  return deps.setupAllowedIp === undefined ? isPrivateAddress(address) : address === deps.setupAllowedIp;
}

const isFromPage = ({ origin, fetchSite }: RequestOrigin): boolean => origin !== null || fetchSite !== null;

const isForeignPage = ({ origin, fetchSite, url }: RequestOrigin): boolean =>
  (origin !== null && origin !== url.origin) ||
  (fetchSite !== null && fetchSite !== 'same-origin' && fetchSite !== 'none');

/** Names that no public DNS answers for: single labels, reserved local suffixes, addresses. */
const isLocalName = (hostname: string): boolean =>
  !hostname.includes('.') || /\.(local|localhost|internal|home\.arpa)$|^[\d.]+$/.test(hostname);

/**
 * Creates the first admin; when another call was faster, nothing is stored and that is no error.
 * @throws DomainError `invalid` for a password that the policy refuses or a taken username.
 */
export async function createFirstAdmin(
  deps: SuperuserDeps,
  args: { username: string; password: string; email: string; from: Source; now: Date },
): Promise<void> {
  const { username, password, email, from, now } = args;
  assertAcceptable(deps.passwordPolicy, password);
  const passwordHash = await hashPassword(deps.passwordPolicy, password);
  const rank = { userLevel: ADMIN_LEVEL, isStaff: true, isSuperuser: true };
  const profile = { ...NEW_USER_FIELDS, ...rank, username, email: withLowerCaseDomain(email) };
  const user = { ...profile, passwordHash, dateJoined: now };
  if ((await deps.superuser.insertFirst(user, from)) !== 'username_taken') return;
  throw new DomainError('invalid', 'A user with that username already exists.');
}

const withLowerCaseDomain = (email: string): string =>
  email.replace(/@[^@]*$/, (domain) => domain.toLowerCase());
