import { z } from '@hono/zod-openapi';
import { normaliseAddress } from '../../core/addresses.ts';
import { AUDIT_EVENTS, type AuditFilter, pageAuditEvents } from '../../core/audit-events.ts';
import { requires } from '../access.ts';
import { answerCursorPage, cursorOf, cursorPageSchema, cursorQuery } from '../cursor-paging.ts';
import { pageSizeOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { auditEventJson, auditEventSchema } from '../schemas.ts';
import { userFilter, userIdOf } from '../user-ids.ts';

const instant = (description: string) =>
  z.iso
    .datetime({ offset: true, error: 'Enter a date and time with its zone, like 2026-11-01T12:00:00Z.' })
    .transform((text) => new Date(text))
    .optional()
    .openapi({ type: 'string', format: 'date-time', example: '2026-11-01T00:00:00Z', description });

const filters = z.object({
  event: z.enum(AUDIT_EVENTS, 'Not one of the events.').optional().openapi({ example: 'authn_login_fail' }),
  user_id: userFilter.openapi({ description: 'Whom it concerns.' }),
  actor_id: userFilter.openapi({ description: 'Who did it.' }),
  address: z
    .string()
    .transform(normaliseAddress)
    .refine((address) => address !== null, 'Enter a network address.')
    .optional()
    .openapi({ type: 'string', example: '203.0.113.50' }),
  since: instant('What happened, or happened again, from this instant on: by `last_at`.'),
  until: instant('What began before this instant: by `created_at`.'),
});

function filterOf(query: z.output<typeof filters>): AuditFilter {
  const { event, address, since, until } = query;
  const [userId, actorId] = [userIdOf(query.user_id), userIdOf(query.actor_id)];
  return {
    event,
    since,
    until,
    address: address ?? undefined,
    userId: userId ?? undefined,
    actorId: actorId ?? undefined,
  };
}

const list = route(
  requires('view_auditevent'),
  {
    method: 'get',
    path: '/api/accounts/audit-events/',
    operationId: 'listAuditEvents',
    tag: 'audit events',
    summary: 'Read what happened',
    description:
      'Newest first, in pages that new events do not move: follow `next` and `previous`. The events are named as in ' +
      'the OWASP Logging Vocabulary.',
    query: filters.extend(cursorQuery.shape),
    answer: {
      status: 200,
      description: 'A page of events.',
      schema: cursorPageSchema(auditEventSchema, 'AuditEventPage'),
    },
    failures: { 404: 'The cursor is none, or an id can be none.' },
  },
  async ({ query, deps, url }) => {
    const [filter, cursor, limit] = [filterOf(query), cursorOf(query), pageSizeOf(query)];
    return answerCursorPage(await pageAuditEvents(deps, { filter, cursor, limit }), url, auditEventJson);
  },
);

export const auditEventRoutes: Route[] = [list];
