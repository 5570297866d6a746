import { digestOf, isWellFormedKey, KEY_PREFIX } from './api-keys.ts';
import type { CallerStore } from './callers.ts';
import type { Identity, Principal, Proof, Source } from './principal.ts';
import { judgeToken, type TokenDeps, type TokenRefusal } from './sessions.ts';

/** What a request offers as proof of who is calling. */
export type Credential =
  | { kind: 'none' }
  | { kind: 'malformed_bearer' }
  | { kind: 'bearer'; token: string }
  | { kind: 'api_key'; key: string };

export type Refusal =
  | 'not_provided'
  | 'malformed_header'
  | TokenRefusal
  | 'key_unknown'
  | 'key_owner_inactive';

export type Authentication<Known extends Identity = Identity> =
  | {
      valid: true;
      principal: Principal<Known>;
      /** When the credential stops being good by itself; a key never does. */
      expiresAt: Date | null;
    }
  | { valid: false; reason: Refusal };

/**
 * The one credential that counts: a Bearer decides when present, else `X-API-Key`, else
 * `Authorization: ApiKey`. Schemes match in any case; an unknown one is passed over.
 */
export function credentialOf(headers: { authorization: string | null; apiKey: string | null }): Credential {
  const { scheme, value } = partsOf(trimmed(headers.authorization));
  if (scheme === 'bearer')
    return value === null ? { kind: 'malformed_bearer' } : { kind: 'bearer', token: value };
  const apiKey = trimmed(headers.apiKey);
  if (apiKey !== '') return { kind: 'api_key', key: apiKey };
  if (scheme === 'apikey' && value !== null) return { kind: 'api_key', key: value };
  return { kind: 'none' };
}

/** A credential that comes without a header around it: a key by its prefix, else a token. */
export function credentialOfText(text: string): Credential {
  if (text === '') return { kind: 'none' };
  return text.startsWith(KEY_PREFIX) ? { kind: 'api_key', key: text } : { kind: 'bearer', token: text };
}

/** A scheme in lower case, and what stands behind it; null unless that is one value. */
function partsOf(header: string): { scheme: string; value: string | null } {
  let end = 0;
  while (end < header.length && !isBlank(header[end])) end++;
  const value = trimmed(header.slice(end));
  const isOne = value !== '' && !value.includes(' ') && !value.includes('\t');
  return { scheme: header.slice(0, end).toLowerCase(), value: isOne ? value : null };
}

/** Without outer blanks as HTTP knows them (RFC 9110 section 5.6.3); a pattern could be made to backtrack. */
function trimmed(header: string | null): string {
  const text = header ?? '';
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t';

type Presented<Known extends Identity> = { callers: CallerStore<Known>; from: Source; now: Date };

/**
 * The one judgement of who is calling, for every door alike. Rights are read with it and never taken from a
 * token. At most one round trip; none for a credential that cannot be genuine.
 * @param callers knows as much of the user as the door needs.
 */
export async function authenticate<Known extends Identity>(
  deps: TokenDeps,
  { credential, ...presented }: Presented<Known> & { credential: Credential },
): Promise<Authentication<Known>> {
  switch (credential.kind) {
    case 'none':
      return { valid: false, reason: 'not_provided' };
    case 'malformed_bearer':
      return { valid: false, reason: 'malformed_header' };
    case 'bearer':
      return authenticateToken(deps, credential.token, presented);
    case 'api_key':
      return authenticateKey(credential.key, presented);
  }
}

async function authenticateToken<Known extends Identity>(
  deps: TokenDeps,
  token: string,
  { callers, from, now }: Presented<Known>,
): Promise<Authentication<Known>> {
  const judged = await judgeToken(deps, { token, kind: 'access', now }, callers.byToken);
  if (!judged.valid) return judged;
  const { sessionId } = judged;
  const { issuedAt, expiresAt } = judged.claims;
  const proof: Proof =
    sessionId === null ? { kind: 'interchange', issuedAt } : { kind: 'session', sessionId };
  return { valid: true, principal: { ...judged.account, proof, from }, expiresAt };
}

async function authenticateKey<Known extends Identity>(
  key: string,
  { callers, from }: Presented<Known>,
): Promise<Authentication<Known>> {
  if (!isWellFormedKey(key)) return { valid: false, reason: 'key_unknown' };
  const found = await callers.byKey(await digestOf(key));
  if (found === null) return { valid: false, reason: 'key_unknown' };
  if (!found.account.user.isActive) return { valid: false, reason: 'key_owner_inactive' };
  const { account, ...proven } = found;
  const principal = { ...account, proof: { kind: 'api_key' as const, ...proven }, from };
  return { valid: true, principal, expiresAt: null };
}
