import { createBoundJudge } from './bound.ts';
import type {
  AccountsBinding,
  Caller,
  HeadersLike,
  OfflineCaller,
  OfflineReason,
  Reason,
  Verdict,
} from './caller.ts';
import { createOfflineJudge, type JwksOptions } from './offline.ts';

/** Asks the service each time: what was revoked is refused from the next request on, and permissions are known. */
export type BoundVerifier = {
  kind: 'binding';
  /** An access token or an API key as text, or the headers of a request. Never throws. */
  verify(given: string | HeadersLike): Promise<Verdict<Caller, Reason>>;
};

/**
 * Judges by the public keys and asks nobody: access tokens only, which stay good until they expire (30 minutes unless
 * configured otherwise), whatever was revoked meanwhile, and tell nothing of permissions.
 */
export type OfflineVerifier = {
  kind: 'jwks';
  /** An access token as text, or the headers of a request. Never throws. */
  verify(given: string | HeadersLike): Promise<Verdict<OfflineCaller, OfflineReason>>;
};

export type Verifier = BoundVerifier | OfflineVerifier;

/** Options that are there and undefined count as not given, such as the binding of an environment that has none. */
type BindingOptions = { binding: AccountsBinding; jwks?: null | undefined };
type KeysOptions = JwksOptions & { binding?: null | undefined };

/**
 * Make one and keep it: the keys that it fetched are kept with it.
 * @throws TypeError, JOSEError for options that can never work: neither a binding nor keys, both of them, or a binding
 * that is none.
 */
export function createVerifier(options: BindingOptions): BoundVerifier;
export function createVerifier(options: KeysOptions): OfflineVerifier;
export function createVerifier(options: BindingOptions | KeysOptions): Verifier {
  if (!isGiven(options.binding)) {
    if (!isGiven(options.jwks)) {
      throw new TypeError('createVerifier needs a service binding, or where to find the keys (jwks)');
    }
    return { kind: 'jwks', verify: createOfflineJudge({ ...options, jwks: options.jwks }) };
  }
  // Which of the two was meant decides whether a logout is heard of: no guess.
  if (isGiven(options.jwks)) throw new TypeError('createVerifier takes a binding or jwks, not both');
  if (!isBinding(options.binding)) {
    throw new TypeError('that binding is no service: it needs entrypoint = "Accounts"');
  }
  return { kind: 'binding', verify: createBoundJudge(options.binding) };
}

const isGiven = <T>(option: T | null | undefined): option is T => option !== undefined && option !== null;

/** A stub of the platform has every name as a function; nothing is called by reading them. */
const isBinding = (given: object): boolean =>
  ['authenticate', 'verify'].every((name) => typeof Reflect.get(Object(given), name) === 'function');
