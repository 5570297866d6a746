// What the operator's scripts leave in the audit log, where the service that records by itself is passed by.

import type { AuditEventName } from '../core/audit-events.ts';
import { DATABASE_NOW } from '../db/clock.ts';
import { literal } from './sql-text.ts';

/**
 * A statement that records an event for each row of `source`, which may use the columns of `from users`. By nobody and from
 * nowhere: what the log then holds of its actor is that it was an operator.
 */
export function recorded(
  event: AuditEventName,
  { userId, detail = `'{"by": "operator"}'`, source }: { userId: string; detail?: string; source: string },
): string {
  return `insert into audit_events (key, event, created_at, last_at, count, user_id, detail)
  select lower(hex(randomblob(16))), ${literal(event)}, ${DATABASE_NOW}, ${DATABASE_NOW}, 1, ${userId}, ${detail} ${source};`;
}
