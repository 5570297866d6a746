import type { JsonObject } from './json.ts';
import { type Cursor, type CursorPage, cursorPage } from './pages.ts';

/** What is recorded, in the words of the OWASP Logging Vocabulary. */
export const AUDIT_EVENTS = [
  'authn_login_success',
  'authn_login_fail',
  'authn_login_fail_max',
  'authn_login_lock',
  'authn_password_change',
  'authn_password_change_fail',
  'authn_token_created',
  'authn_token_reuse',
  'authn_token_revoked',
  'excess_rate_limit_exceeded',
  'privilege_permissions_changed',
  'user_created',
  'user_deleted',
  'user_updated',
] as const;

export type AuditEventName = (typeof AUDIT_EVENTS)[number];

/** By what its actor was known: a credential, or the password of a login itself. */
export const ACTOR_KINDS = ['session', 'api_key', 'interchange', 'password'] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

/** Who did what to whom, when, from where. Ids stay when their users are gone; names are those of users that exist. */
export type AuditEvent = {
  id: number;
  event: AuditEventName;
  createdAt: Date;
  /** How often it happened up to `lastAt`: refused logins of one minute are one row, as is what users repeat. */
  count: number;
  lastAt: Date;
  /** Whom it concerns; null for a name that nobody has. */
  userId: number | null;
  username: string | null;
  /** Who did it; null where nobody had proved to be anyone. */
  actorId: number | null;
  actorUsername: string | null;
  actorKind: ActorKind | null;
  /** The id of the session or API key that it was done with. */
  actorCredential: string | null;
  address: string | null;
  country: string | null;
  /** That of the request, as in its answer and in the service's log. */
  requestId: string | null;
  detail: JsonObject;
};

export type AuditFilter = {
  event?: AuditEventName | undefined;
  userId?: number | undefined;
  actorId?: number | undefined;
  address?: string | undefined;
  /** What happened, or happened again, at this instant or later. */
  since?: Date | undefined;
  /** What began before this instant. */
  until?: Date | undefined;
};

export interface AuditEventStore {
  /** Newest first: the first `limit` events, or those next to the cursor on its side. One round trip. */
  list(filter: AuditFilter, cursor: Cursor | null, limit: number): Promise<AuditEvent[]>;
}

export type AuditDeps = { auditEvents: AuditEventStore };

/** A page of events, newest first. */
export async function pageAuditEvents(
  { auditEvents }: AuditDeps,
  { filter, cursor, limit }: { filter: AuditFilter; cursor: Cursor | null; limit: number },
): Promise<CursorPage<AuditEvent>> {
  return cursorPage(await auditEvents.list(filter, cursor, limit + 1), cursor, limit);
}
