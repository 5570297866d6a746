import { z } from '@hono/zod-openapi';
import type { ApiKey } from '../core/api-keys.ts';
import { ACTOR_KINDS, AUDIT_EVENTS, type AuditEvent } from '../core/audit-events.ts';
import type { SeenSession } from '../core/live-sessions.ts';
import { ALL_PERMISSIONS } from '../core/permissions.ts';
import { heldPermissions, type Rights } from '../core/principal.ts';
import type { User } from '../core/users.ts';

const instant = (description: string) =>
  z.string().openapi({ format: 'date-time', example: '2026-11-01T12:00:00.000000Z', description });

/** With the six decimals of Python's clock, which clients of the reference parse by their number. */
const instantJson = (instant: Date): string => instant.toISOString().replace('Z', '000Z');

export const permissionCodename = z.enum([...ALL_PERMISSIONS]).openapi({ example: 'view_user' });

const id = (example: number) => z.int().openapi({ example });

export const userSchema = z
  .object({
    id: id(1),
    username: z.string().openapi({ example: 'admin' }),
    email: z.string().openapi({ example: 'admin@example.com', description: 'Empty when there is none.' }),
    first_name: z.string().openapi({ example: 'Ada' }),
    last_name: z.string().openapi({ example: 'Lovelace' }),
    user_level: z.int().openapi({ example: 10, description: '0 streamer, 1 standard, 10 and above admin.' }),
    is_active: z.boolean().openapi({ example: true }),
    is_staff: z.boolean().openapi({ example: true, description: 'Stored, without effect.' }),
    is_superuser: z.boolean().openapi({ example: true, description: 'Stored, without effect.' }),
    date_joined: instant('When the user was created.'),
    last_login: instant('The last login with a password.').nullable(),
    api_key: z.null().openapi({ description: 'Always null: keys are kept as digests.', example: null }),
    api_key_preview: z.string().nullable().openapi({ example: 'dsp_AbCd...wxyz' }),
    custom_properties: z.record(z.string(), z.json()).openapi({
      type: 'object',
      additionalProperties: {},
      example: { theme: 'dark' },
    }),
    avatar_config: z.record(z.string(), z.json()).openapi({
      type: 'object',
      additionalProperties: {},
      example: {},
    }),
    channel_profiles: z.array(z.int()).openapi({ example: [1, 2] }),
    stream_limit: z.int().openapi({ example: 0 }),
    groups: z.array(z.int()).openapi({ example: [1] }),
  })
  .openapi('User');

export function userJson(user: User): z.input<typeof userSchema> {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    first_name: user.firstName,
    last_name: user.lastName,
    user_level: user.userLevel,
    is_active: user.isActive,
    is_staff: user.isStaff,
    is_superuser: user.isSuperuser,
    date_joined: instantJson(user.dateJoined),
    last_login: user.lastLogin && instantJson(user.lastLogin),
    api_key: null,
    api_key_preview: user.apiKeyPreview,
    custom_properties: user.customProperties,
    avatar_config: user.avatarConfig,
    channel_profiles: user.channelProfiles,
    stream_limit: user.streamLimit,
    groups: user.groups,
  };
}

export const meSchema = userSchema
  .extend({
    permissions: z.array(permissionCodename).openapi({
      example: ['view_user', 'change_user'],
      description: 'What the caller may do now; all of them for admins.',
    }),
  })
  .openapi('Me');

export const meJson = (user: User, rights: Rights): z.input<typeof meSchema> => ({
  ...userJson(user),
  permissions: heldPermissions(rights),
});

export const apiKeySchema = z
  .object({
    id: id(1),
    user_id: id(1),
    username: z.string().openapi({ example: 'admin' }),
    name: z.string().openapi({ example: '', description: 'Empty for the personal key.' }),
    key_preview: z.string().openapi({ example: 'dsp_AbCd...wxyz' }),
    created_at: instant('When the key was made.'),
    last_used_at: instant('Coarse: noted at most once in five minutes.').nullable(),
  })
  .openapi('ApiKey');

export const apiKeyJson = (key: ApiKey): z.input<typeof apiKeySchema> => ({
  id: key.id,
  user_id: key.userId,
  username: key.username,
  name: key.name,
  key_preview: key.preview,
  created_at: instantJson(key.createdAt),
  last_used_at: key.lastUsedAt && instantJson(key.lastUsedAt),
});

export const sessionSchema = z
  .object({
    id: z
      .string()
      .openapi({ example: '0f0e0d0c0b0a09080706050403020100', description: '`sid` in its tokens.' }),
    user_id: id(1),
    username: z.string().openapi({ example: 'admin' }),
    device: z.string().openapi({ example: 'Firefox on Linux', description: 'What the client seems to be.' }),
    user_agent: z.string().openapi({ example: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0' }),
    address: z.string().nullable().openapi({ example: '203.0.113.50' }),
    country: z
      .string()
      .nullable()
      .openapi({ example: 'CH', description: 'ISO 3166, as the platform tells.' }),
    created_at: instant('The login.'),
    last_seen_at: instant('The login or its last refresh.'),
    expires_at: instant('When it ends by itself.'),
    current: z.boolean().openapi({ example: true, description: 'Whether this request came with it.' }),
  })
  .openapi('Session');

export const sessionJson = (session: SeenSession): z.input<typeof sessionSchema> => ({
  id: session.id,
  user_id: session.userId,
  username: session.username,
  device: session.device,
  user_agent: session.userAgent,
  address: session.address,
  country: session.country,
  created_at: instantJson(session.createdAt),
  last_seen_at: instantJson(session.lastSeenAt),
  expires_at: instantJson(session.expiresAt),
  current: session.isCurrent,
});

export const auditEventSchema = z
  .object({
    id: id(1234),
    event: z.enum(AUDIT_EVENTS).openapi({ example: 'authn_login_fail' }),
    created_at: instant('When it happened.'),
    count: z
      .int()
      .openapi({ example: 1, description: 'How often, where one row stands for a minute of them.' }),
    last_at: instant('When it happened last.'),
    user_id: id(2).nullable().openapi({ description: 'Whom it concerns; it stays when the user is gone.' }),
    username: z.string().nullable().openapi({ example: 'ada', description: 'Of a user that exists.' }),
    actor_id: id(1).nullable().openapi({ description: 'Who did it; null for whoever had proved nothing.' }),
    actor_username: z.string().nullable().openapi({ example: 'admin' }),
    actor_kind: z.enum(ACTOR_KINDS).nullable().openapi({ example: 'session' }),
    actor_credential: z
      .string()
      .nullable()
      .openapi({ example: '0f0e0d0c0b0a09080706050403020100', description: 'Id of the session or API key.' }),
    address: z.string().nullable().openapi({ example: '203.0.113.50' }),
    country: z.string().nullable().openapi({ example: 'CH' }),
    request_id: z
      .string()
      .nullable()
      .openapi({ example: '7b0a9d0e-5c0c-4a53-9a5c-0d5f6f7a8b9c', description: 'As in `X-Request-Id`.' }),
    detail: z
      .record(z.string(), z.json())
      .openapi({ type: 'object', additionalProperties: {}, example: { fields: ['email'] } }),
  })
  .openapi('AuditEvent');

export const auditEventJson = (event: AuditEvent): z.input<typeof auditEventSchema> => ({
  id: event.id,
  event: event.event,
  created_at: instantJson(event.createdAt),
  count: event.count,
  last_at: instantJson(event.lastAt),
  user_id: event.userId,
  username: event.username,
  actor_id: event.actorId,
  actor_username: event.actorUsername,
  actor_kind: event.actorKind,
  actor_credential: event.actorCredential,
  address: event.address,
  country: event.country,
  request_id: event.requestId,
  detail: event.detail,
});

export const groupSchema = z
  .object({
    id: id(1),
    name: z.string().openapi({ example: 'support' }),
    permissions: z
      .array(z.int())
      .openapi({ example: [4, 11], description: 'Ids, as `permissions/` lists them.' }),
  })
  .openapi('Group');

export const permissionSchema = z
  .object({
    id: id(4),
    name: z.string().openapi({ example: 'Can view user' }),
    codename: permissionCodename,
  })
  .openapi('Permission');

export const detailSchema = z
  .object({
    detail: z.string().openapi({ example: 'Authentication credentials were not provided.' }),
    code: z.string().optional().openapi({ example: 'token_not_valid' }),
    messages: z
      .array(z.object({ token_class: z.string(), token_type: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: 'What is wrong with a Bearer token, as clients of SimpleJWT read it.' }),
    request_id: z.string().optional().openapi({ description: 'With a 500: what to look for in the log.' }),
  })
  .openapi('Detail');

export const fieldErrorsSchema = z
  .record(z.string(), z.array(z.string()))
  .openapi('FieldErrors', { example: { username: ['This field is required.'] } });
