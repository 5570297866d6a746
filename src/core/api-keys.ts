import { DomainError, forbidden, noSuch } from './errors.ts';
import type { Page, Slice } from './pages.ts';
import {
  type Actor,
  actorOf,
  assertMayActOn,
  holds,
  type Identity,
  type Principal,
  type Proof,
  type Rights,
  type Source,
} from './principal.ts';
import { base62, crc32, randomBytes, Secret, sha256Hex } from './secrets.ts';
import type { User, UserStore } from './users.ts';

/** What is kept of a key: never the key itself. */
export type ApiKey = {
  id: number;
  userId: number;
  username: string;
  /** Empty for the personal key. */
  name: string;
  /** First and last characters, so that people can tell their keys apart: `dsp_AbCd...wxyz`. */
  preview: string;
  createdAt: Date;
  /** Coarse: written at most once in five minutes. */
  lastUsedAt: Date | null;
};

export type NewApiKey = { userId: number; name: string; digest: string; preview: string; createdAt: Date };
/** A key just stored, and its owner as it is with it. */
export type StoredApiKey = ApiKey & { owner: User };

/**
 * Why nothing was stored. `outranked`: the owner, meanwhile, holds a right that the actor lacks, or the actor is a key
 * and would replace another one.
 */
export type ApiKeyProblem = 'no_user' | 'outranked' | 'limit_reached';

/** Writes throw `ActorGone`, having changed nothing, when the actor no longer stands. */
export interface ApiKeyStore {
  /** Newest first; of one user, or of all for null. */
  list(userId: number | null, slice: Slice): Promise<Page<ApiKey>>;
  find(id: number): Promise<{ key: ApiKey; owner: Rights } | null>;
  /**
   * Stores the key and, in the same transaction, removes what it replaces: the key of the same name, or
   * every key of the user where `limit` is 1. An actor by key replaces that key alone, under its name, whatever the
   * limit. However many calls race, one live key per name is left.
   */
  replace(key: NewApiKey, limit: number, actor: Actor): Promise<StoredApiKey | ApiKeyProblem>;
  /** Removes one key; false, with nothing removed, when `actor` is outranked meanwhile. */
  delete(id: number, actor: Actor): Promise<boolean>;
  /** Removes the key with this digest, recorded as done by that key; without one nothing. One round trip. */
  deleteItself(digest: string, from: Source): Promise<void>;
  /** Removes the personal key or, where `limit` is 1, every key; for an actor by key that one. False as for `delete`. */
  deletePersonal(userId: number, limit: number, actor: Actor): Promise<boolean>;
  /** Notes a use unless one was noted within `TOUCH_INTERVAL_MS`; losing it harms nothing. */
  touch(id: number, now: Date): Promise<void>;
}

export type ApiKeyDeps = { apiKeys: ApiKeyStore; users: UserStore; apiKeysPerUser: number };

/** Whom a request names by `user_id`: oneself when absent, or something that can be no user's id. */
export type KeyTarget = { kind: 'self' } | { kind: 'user'; id: number } | { kind: 'nobody' };

export const KEY_PREFIX = 'dsp_';
/** 62^43 > 2^256. */
const RANDOM_CHARACTERS = 43;
/** 62^6 > 2^32. */
const CHECKSUM_CHARACTERS = 6;
const KEY_FORM = new RegExp(
  `^${KEY_PREFIX}([0-9A-Za-z]{${RANDOM_CHARACTERS}})([0-9A-Za-z]{${CHECKSUM_CHARACTERS}})$`,
);
/** A use is noted at most once in this time. */
export const TOUCH_INTERVAL_MS = 5 * 60 * 1000;
export const MAX_KEY_NAME_CHARACTERS = 100;

/** 256 random bits and a checksum, under a prefix that secret scanners can find. */
export function generateKey(): Secret {
  const bits = randomBytes(32).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const random = base62(bits, RANDOM_CHARACTERS);
  return new Secret(KEY_PREFIX + random + checksumOf(random));
}

/** Whether a text can be a key at all; a mistyped one cannot, so it costs no query. */
export function isWellFormedKey(text: string): boolean {
  const [, random, checksum] = KEY_FORM.exec(text) ?? [];
  return random !== undefined && checksumOf(random) === checksum;
}

/** 256 random bits need no slow hash: SHA-256 cannot be searched for them. */
export const digestOf = (key: string): Promise<string> => sha256Hex(key);

/** `dsp_AbCd...wxyz`: enough for people to tell keys apart, and nothing to search by. */
export const previewOf = (key: string): string => `${key.slice(0, KEY_PREFIX.length + 4)}...${key.slice(-4)}`;

/**
 * Makes a key; its text is in this answer and nowhere after it. Two round trips for oneself, else three.
 * @throws DomainError `not_found` for no such user; `forbidden` for another's key without the right, or when the
 * owner holds a right that the caller lacks; `conflict` over the limit.
 */
export async function createApiKey(
  deps: ApiKeyDeps,
  { caller, target, name, now }: { caller: Principal; target: KeyTarget; name: string; now: Date },
): Promise<{ key: Secret; stored: StoredApiKey }> {
  const owner = await resolveOwner(deps, { caller, target, right: 'add_apikey' });
  const isOwn = owner.id === caller.user.id;
  assertOnlyItself(caller.proof, ({ keyName }) => isOwn && keyName === name);
  const key = generateKey();
  const preview = previewOf(key.reveal());
  const fresh = { userId: owner.id, name, digest: await digestOf(key.reveal()), preview, createdAt: now };
  const stored = await deps.apiKeys.replace(fresh, deps.apiKeysPerUser, actorOf(caller));
  if (typeof stored === 'string') throw refusal(stored, deps.apiKeysPerUser);
  return { key, stored };
}

/**
 * Removes the personal key of oneself or of another; having none is no error.
 * @throws DomainError `not_found`, `forbidden` as for `createApiKey`.
 */
export async function revokeApiKey(
  deps: ApiKeyDeps,
  { caller, target }: { caller: Principal; target: KeyTarget },
): Promise<void> {
  const owner = await resolveOwner(deps, { caller, target, right: 'delete_apikey' });
  const isOwn = owner.id === caller.user.id;
  assertOnlyItself(caller.proof, ({ keyName }) => isOwn && (deps.apiKeysPerUser === 1 || keyName === ''));
  const removed = await deps.apiKeys.deletePersonal(owner.id, deps.apiKeysPerUser, actorOf(caller));
  if (!removed) throw forbidden();
}

/**
 * One's own keys; with `view_apikey` everyone's, or those of `userId`.
 * @throws DomainError `forbidden` for another's without that right.
 */
export async function listApiKeys(
  deps: Pick<ApiKeyDeps, 'apiKeys'>,
  { caller, userId, slice }: { caller: Principal; userId: number | null; slice: Slice },
): Promise<Page<ApiKey>> {
  if (holds(caller.rights, 'view_apikey')) return deps.apiKeys.list(userId, slice);
  if (userId !== null && userId !== caller.user.id) throw forbidden();
  return deps.apiKeys.list(caller.user.id, slice);
}

/** @throws DomainError `not_found` also for a key that the caller may not see: it must not learn of it. */
export async function getApiKey(
  deps: Pick<ApiKeyDeps, 'apiKeys'>,
  { caller, id }: { caller: Principal; id: number },
): Promise<ApiKey> {
  return (await visibleKey(deps, { caller, id, right: 'view_apikey' })).key;
}

/**
 * Removes one key by its id: one's own, or with `delete_apikey` another's.
 * @throws DomainError `not_found` as for `getApiKey`; `forbidden` when the owner holds a right that the caller lacks.
 */
export async function deleteApiKey(
  deps: Pick<ApiKeyDeps, 'apiKeys'>,
  { caller, id }: { caller: Principal; id: number },
): Promise<void> {
  const { owner } = await visibleKey(deps, { caller, id, right: 'delete_apikey' });
  assertMayActOn(caller.rights, owner);
  assertOnlyItself(caller.proof, ({ keyId }) => keyId === id);
  if (!(await deps.apiKeys.delete(id, actorOf(caller)))) throw forbidden();
}

/** The write that this use of a key is worth, for after the answer; null where none is due. */
export function touchOf(
  deps: Pick<ApiKeyDeps, 'apiKeys'>,
  { proof, now }: { proof: Proof; now: Date },
): (() => Promise<void>) | null {
  if (proof.kind !== 'api_key') return null;
  const { keyId, lastUsedAt } = proof;
  const isFresh = lastUsedAt !== null && now.getTime() - lastUsedAt.getTime() < TOUCH_INTERVAL_MS;
  return isFresh ? null : () => deps.apiKeys.touch(keyId, now);
}

const checksumOf = (random: string): string => base62(BigInt(crc32(random)), CHECKSUM_CHARACTERS);

/** Rights come before the look-up: without the right over others, an unknown id gets the answer of a known one. */
async function resolveOwner(
  deps: Pick<ApiKeyDeps, 'users'>,
  { caller, target, right }: { caller: Principal; target: KeyTarget; right: 'add_apikey' | 'delete_apikey' },
): Promise<Identity> {
  if (target.kind === 'self' || (target.kind === 'user' && target.id === caller.user.id)) return caller.user;
  if (target.kind === 'nobody') throw userNotFound();
  if (!holds(caller.rights, right)) throw forbidden(NOT_FOR_OTHERS[right]);
  const account = await deps.users.find(target.id);
  if (account === null) throw userNotFound();
  assertMayActOn(caller.rights, account.rights);
  return account.user;
}

async function visibleKey(
  deps: Pick<ApiKeyDeps, 'apiKeys'>,
  { caller, id, right }: { caller: Principal; id: number; right: 'view_apikey' | 'delete_apikey' },
): Promise<{ key: ApiKey; owner: Rights }> {
  const found = await deps.apiKeys.find(id);
  if (found === null) throw noSuch('ApiKey');
  if (found.key.userId !== caller.user.id && !holds(caller.rights, right)) throw noSuch('ApiKey');
  return found;
}

/**
 * A caller by key may replace and revoke that key: a leaked one must not take the others away, nor leave one
 * behind that survives its own revocation.
 */
function assertOnlyItself(proof: Proof, isItself: (proof: Proof & { kind: 'api_key' }) => boolean): void {
  if (proof.kind !== 'api_key' || isItself(proof)) return;
  throw forbidden('An API key may only replace or revoke itself. Sign in with your password instead.');
}

const NOT_FOR_OTHERS = {
  add_apikey: 'Not allowed to create keys for other users.',
  delete_apikey: 'Not allowed to revoke keys for other users.',
} as const;

function refusal(problem: ApiKeyProblem, limit: number): DomainError {
  if (problem === 'no_user') return userNotFound();
  if (problem === 'outranked') return forbidden();
  return new DomainError(
    'conflict',
    `This user has ${limit} API keys already. Revoke one, or reuse its name.`,
  );
}

const userNotFound = (): DomainError => new DomainError('not_found', 'User not found.');
