import { isRefreshKeySigning } from './refresh-keys.ts';
import { randomId, sha256Hex } from './secrets.ts';
import type { SigningKeys } from './signing-keys.ts';

/**
 * The session that a token names: by its `sid`, and by the digest of that, which is the id of the session. Lists, audit
 * events and introspection show the id, so whoever reads those and has a leaked signing key still can't forge a token of
 * the session.
 */
export type SessionName = { sid: string; digest: string };

/** The id under which a session is stored. `idIsDigest` is false if that is the `sid` itself. */
export type SessionId = { id: string; idIsDigest: boolean };

const ID_CHARACTERS = 32;

/** The first 128 bits of SHA-256, so that the id of a session has the form of a `sid`. */
export const sessionNameOf = async (sid: string): Promise<SessionName> => ({
  sid,
  digest: (await sha256Hex(sid)).slice(0, ID_CHARACTERS),
});

/**
 * A `sid` for the tokens of a new session, and its id. Until a refresh key signs, Workers with older code may run, and
 * they find a session by its `sid` alone.
 */
export async function newSessionId(keys: SigningKeys, now: Date): Promise<SessionId & { sid: string }> {
  const sid = randomId();
  if (!isRefreshKeySigning(keys, now)) return { sid, id: sid, idIsDigest: false };
  return { sid, id: (await sessionNameOf(sid)).digest, idIsDigest: true };
}
