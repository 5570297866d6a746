import type { Authentication, Refusal } from '../core/credentials.ts';
import { heldPermissions } from '../core/principal.ts';
import type { Reason, Verdict } from '../verify/caller.ts';

/** What came of a call; `causes`, for the log, say why there is no answer. */
export type Judged =
  | Authentication
  | { valid: false; reason: 'malformed' }
  | { valid: false; reason: 'unavailable'; causes: string[] };

/** The rules may tell more apart than callers should have to. */
const REASONS: Record<(Judged & { valid: false })['reason'], Reason> = {
  not_provided: 'not_provided',
  malformed: 'malformed',
  malformed_header: 'malformed',
  token_invalid: 'token_invalid',
  token_no_type: 'token_invalid',
  token_no_id: 'token_invalid',
  token_expired: 'token_expired',
  token_wrong_type: 'token_wrong_type',
  session_ended: 'login_ended',
  refresh_replaced: 'login_ended',
  key_unknown: 'key_unknown',
  key_owner_inactive: 'user_inactive',
  user_not_found: 'user_not_found',
  user_inactive: 'user_inactive',
  unavailable: 'unavailable',
} satisfies Record<Refusal | 'malformed' | 'unavailable', Reason>;

/** The same in the words that callers get, and no more than those. */
export function verdictOn(judged: Judged): Verdict {
  if (!judged.valid) return { valid: false, reason: REASONS[judged.reason] };
  const { user, rights, proof } = judged.principal;
  return {
    valid: true,
    userId: user.id,
    username: user.username,
    level: user.userLevel,
    permissions: heldPermissions(rights),
    provenBy: proof.kind,
    expiresAt: judged.expiresAt,
  };
}

export const causesIn = (judged: Judged): string[] | undefined =>
  'causes' in judged ? judged.causes : undefined;
