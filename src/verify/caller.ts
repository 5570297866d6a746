import type { Permission } from '../core/permissions.ts';

/** Who is calling, as the accounts service knows it at this moment. */
export type Caller = {
  userId: number;
  username: string;
  /** From 10 on an admin, who holds every permission. */
  level: number;
  permissions: readonly Permission[];
  /** `interchange`: by a token of another server that shares its secret with the service. */
  provenBy: 'session' | 'api_key' | 'interchange';
  /** When the credential stops being good by itself; null for an API key. It may be revoked sooner. */
  expiresAt: Date | null;
};

/** Who is calling, as far as a token tells. What it does not tell is null: a name, a level, what the caller may do. */
export type OfflineCaller = {
  userId: number;
  username: null;
  level: null;
  permissions: null;
  provenBy: 'session';
  expiresAt: Date;
};

/**
 * Why nobody is calling. The list is closed and its words stay as they are:
 * - `not_provided`: there is no credential
 * - `malformed`: what is there cannot be read as one
 * - `token_invalid`: no token, or not one of this service's
 * - `token_expired`: it was good once
 * - `token_wrong_type`: a refresh token, which proves nothing here
 * - `login_ended`: by logout, a new password or an admin
 * - `key_unknown`: no API key, or one that was revoked
 * - `user_not_found`, `user_inactive`: the credential's user was deleted, deactivated
 * - `unavailable`: the question could not be answered; it says nothing about the credential
 */
export type Reason =
  | 'not_provided'
  | 'malformed'
  | 'token_invalid'
  | 'token_expired'
  | 'token_wrong_type'
  | 'login_ended'
  | 'key_unknown'
  | 'user_not_found'
  | 'user_inactive'
  | 'unavailable';

/** `key_needs_binding`: only the service knows API keys. */
export type OfflineReason =
  | Exclude<Reason, 'login_ended' | 'key_unknown' | 'user_not_found' | 'user_inactive'>
  | 'key_needs_binding';

export type Verdict<Known = Caller, Why = Reason> = ({ valid: true } & Known) | { valid: false; reason: Why };

/** The headers of a request, as `Headers` or as Node keeps them. Names match in any case. */
export type HeadersLike = Headers | { readonly [name: string]: string | readonly string[] | undefined };

/** What the accounts service answers over a service binding with `entrypoint = "Accounts"`. */
export interface AccountsBinding {
  /** Judges the credential in `Authorization` and `X-API-Key` and looks at no other header. Never throws by itself. */
  authenticate(headers: HeadersLike): PromiseLike<Verdict>;
  /** Judges an access token or an API key, as text alone. Never throws by itself. */
  verify(credential: string): PromiseLike<Verdict>;
}
