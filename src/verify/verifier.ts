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

/**
 * Make one and keep it: the keys that it fetched are kept with it.
 * @throws TypeError, JOSEError for options that can never work, such as a binding that is not there.
 */
export function createVerifier(options: { binding: AccountsBinding }): BoundVerifier;
export function createVerifier(options: JwksOptions): OfflineVerifier;
export function createVerifier(options: { binding: AccountsBinding } | JwksOptions): Verifier {
  const { binding, jwks } = options as { binding?: AccountsBinding; jwks?: unknown };
  if ((binding ?? null) === null && (jwks ?? null) === null) {
    throw new TypeError('createVerifier needs a service binding, or where to find the keys (jwks)');
  }
  return 'binding' in options
    ? { kind: 'binding', verify: createBoundJudge(options.binding) }
    : { kind: 'jwks', verify: createOfflineJudge(options) };
}
