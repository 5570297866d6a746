import * as z from 'zod/mini';
import { normaliseAddress } from '../../core/addresses.ts';
import { AUDIT_EVENTS, type AuditFilter, pageAuditEvents } from '../../core/audit-events.ts';
import { requires } from '../access.ts';
import { answerCursorPage, cursorOf, cursorPageSchema, cursorQuery } from '../cursor-paging.ts';
import { documentation, lazily } from '../documentation.ts';
import { pageSizeOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { auditEventJson, auditEventSchema } from '../schemas.ts';
import { userFilter, userIdOf } from '../user-ids.ts';

const instant = (description: string) =>
  z
    .optional(
      z.pipe(
        z.iso.datetime({
          offset: true,
          error: 'Enter a date and time with its zone, like 2026-11-01T12:00:00Z.',
        }),
        z.transform((text: string) => new Date(text)),
      ),
    )
    .register(documentation, {
      type: 'string',
      format: 'date-time',
      example: '2026-11-01T00:00:00Z',
      description,
    });

const filters = lazily(() =>
  z.object({
    event: z
      .optional(z.enum(AUDIT_EVENTS, 'Not one of the events.'))
      .register(documentation, { example: 'authn_login_fail' }),
    user_id: userFilter('Whom it concerns.'),
    actor_id: userFilter('Who did it.'),
    address: z
      .optional(
        z
          .pipe(
            z.string(),
            z.transform((text: string) => normaliseAddress(text)),
          )
          .check(z.refine((address) => address !== null, 'Enter a network address.')),
      )
      .register(documentation, { type: 'string', example: '203.0.113.50' }),
    since: instant('What happened, or happened again, from this instant on: by `last_at`.'),
    until: instant('What began before this instant: by `created_at`.'),
  }),
);

function filterOf(query: z.output<ReturnType<typeof filters>>): AuditFilter {
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
    query: () => z.extend(filters(), cursorQuery().shape),
    answer: {
      status: 200,
      description: 'A page of events.',
      schema: () => cursorPageSchema(auditEventSchema(), 'AuditEventPage'),
    },
    failures: { 404: 'The cursor is none, or an id can be none.' },
  },
  async ({ query, deps, url }) => {
    const [filter, cursor, limit] = [filterOf(query), cursorOf(query), pageSizeOf(query)];
    return answerCursorPage(await pageAuditEvents(deps, { filter, cursor, limit }), url(), auditEventJson);
  },
);

export const auditEventRoutes: Route[] = [list];
