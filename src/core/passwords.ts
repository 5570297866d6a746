import { invalidFields } from './errors.ts';
import { equalBytes, randomBytes, Secret, utf8 } from './secrets.ts';

/** Cloudflare's WebCrypto refuses more iterations than this in one PBKDF2 call; local runtimes do not. */
export const MAX_ITERATIONS_PER_CALL = 100_000;
/** Longest password in UTF-8 bytes: bounds what one login can make the service hash. */
export const MAX_PASSWORD_BYTES = 1024;

const SCHEME = 'pbkdf2-sha512-chain';
const SALT_BYTES = 16;
const HASH_BYTES = 64;

export type PasswordPolicy = {
  /** PBKDF2 iterations of a new hash, all links of the chain together. */
  passwordIterations: number;
  /** Fewest characters, counted as Unicode code points. */
  passwordMinLength: number;
};

/** Unpadded base64 never leaves one character over after its groups of four. */
const BASE64 = '((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3})?)';
const HASH_FORM = new RegExp(`^\\$${SCHEME}\\$i=(\\d+(?:,\\d+)*)\\$${BASE64}\\$${BASE64}$`);

type StoredHash = { iterations: number[]; salt: Uint8Array<ArrayBuffer>; hash: Uint8Array<ArrayBuffer> };

/** Why the policy refuses a new password, as a sentence for people; undefined when it does not. */
export function passwordProblem(policy: PasswordPolicy, password: string): string | undefined {
  if (password.trim() === '') return 'This field may not be blank.';
  if ([...password].length >= policy.passwordMinLength) return undefined;
  return `Ensure this field has at least ${policy.passwordMinLength} characters.`;
}

/** @throws DomainError `invalid`, naming the field `password`, when the policy refuses it. */
export function assertAcceptable(policy: PasswordPolicy, password: string): void {
  const problem = passwordProblem(policy, password);
  if (problem !== undefined) throw invalidFields({ password: [problem] });
}

/**
 * Hashes with PBKDF2-HMAC-SHA512 (RFC 8018; work factor after the OWASP Password Storage Cheat Sheet).
 * @returns `$pbkdf2-sha512-chain$i=n1,n2,...$salt$hash`, salt and hash in base64 without padding.
 */
export async function hashPassword(policy: PasswordPolicy, password: string): Promise<Secret> {
  const salt = randomBytes(SALT_BYTES);
  const iterations = chainOf(policy.passwordIterations);
  const hash = await deriveChain(password, salt, iterations);
  return formatHash({ iterations, salt, hash });
}

/** Whether `password` gives `stored`. A stored text in no known format matches nothing. */
export async function verifyPassword(stored: Secret, password: string): Promise<boolean> {
  const parsed = parseHash(stored.reveal());
  if (parsed === undefined) return false;
  return equalBytes(await deriveChain(password, parsed.salt, parsed.iterations), parsed.hash);
}

/**
 * Whether a login with this password succeeds, where one may (`isActive`). A refusal costs as much as the
 * policy asks even where the stored hash is weaker: otherwise, while a raised count spreads login by login,
 * the time would tell known from unknown users, and right from wrong passwords of disabled ones.
 */
export async function verifyLogin(
  policy: PasswordPolicy,
  { stored, isActive, password }: { stored: Secret; isActive: boolean; password: string },
): Promise<boolean> {
  if ((await verifyPassword(stored, password)) && isActive) return true;
  const missing = policy.passwordIterations - sum(parseHash(stored.reveal())?.iterations ?? []);
  if (missing > 0) await deriveChain(password, randomBytes(SALT_BYTES), chainOf(missing));
  return false;
}

/** Whether `stored` costs an attacker less than the policy asks. A stronger hash is never replaced. */
export function isWeaker(stored: Secret, policy: PasswordPolicy): boolean {
  const parsed = parseHash(stored.reveal());
  return parsed === undefined || sum(parsed.iterations) < policy.passwordIterations;
}

/** A hash that no password is known for; verifying against it costs what a real one of this policy costs. */
export function decoyHash(policy: PasswordPolicy): Secret {
  const iterations = chainOf(policy.passwordIterations);
  return formatHash({ iterations, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) });
}

/** Splits a total into the fewest even links that one call may run: 220000 -> 73334, 73333, 73333. */
export function chainOf(total: number): number[] {
  const links = Math.ceil(total / MAX_ITERATIONS_PER_CALL);
  return Array.from({ length: links }, (_, i) => Math.floor(total / links) + (i < total % links ? 1 : 0));
}

/** DK1 = PBKDF2(password, salt, n1), DK2 = PBKDF2(password, DK1, n2), ...; one link is plain PBKDF2. */
export async function deriveChain(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: readonly number[],
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey('raw', utf8(password), 'PBKDF2', false, ['deriveBits']);
  let derived = salt;
  for (const count of iterations) {
    const parameters = { name: 'PBKDF2', hash: 'SHA-512', salt: derived, iterations: count };
    derived = new Uint8Array(await crypto.subtle.deriveBits(parameters, key, HASH_BYTES * 8));
  }
  return derived;
}

const formatHash = ({ iterations, salt, hash }: StoredHash): Secret =>
  new Secret(`$${SCHEME}$i=${iterations.join(',')}$${toBase64(salt)}$${toBase64(hash)}`);

function parseHash(text: string): StoredHash | undefined {
  const match = HASH_FORM.exec(text);
  const [, counts, salt, hash] = match ?? [];
  if (counts === undefined || salt === undefined || hash === undefined) return undefined;
  const iterations = counts.split(',').map(Number);
  if (iterations.some((count) => count < 1 || count > MAX_ITERATIONS_PER_CALL)) return undefined;
  return { iterations, salt: fromBase64(salt), hash: fromBase64(hash) };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes)).replace(/=+$/, '');

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
