import * as z from 'zod/mini';
import type { ApiKey } from '../core/api-keys.ts';
import { ACTOR_KINDS, AUDIT_EVENTS, type AuditEvent } from '../core/audit-events.ts';
import { propertiesSeenBy, type Viewer } from '../core/custom-properties.ts';
import type { SeenSession } from '../core/live-sessions.ts';
import { ALL_PERMISSIONS } from '../core/permissions.ts';
import { heldPermissions } from '../core/principal.ts';
import type { User } from '../core/users.ts';
import { documentation, lazily } from './documentation.ts';

const instant = (description: string) =>
  z
    .string()
    .register(documentation, { format: 'date-time', example: '2026-11-01T12:00:00.000000Z', description });

/** With the six decimals of Python's clock, which clients of the reference parse by their number. */
const instantJson = (instant: Date): string => `${instant.toISOString().slice(0, -1)}000Z`;

export const permissionCodename = lazily(() =>
  z.enum([...ALL_PERMISSIONS]).register(documentation, { example: 'view_user' }),
);

const id = (example: number) => z.int().register(documentation, { example });

export const userSchema = lazily(() =>
  z
    .object({
      id: id(1),
      username: z.string().register(documentation, { example: 'admin' }),
      email: z
        .string()
        .register(documentation, { example: 'admin@example.com', description: 'Empty when there is none.' }),
      first_name: z.string().register(documentation, { example: 'Ada' }),
      last_name: z.string().register(documentation, { example: 'Lovelace' }),
      user_level: z
        .int()
        .register(documentation, { example: 10, description: '0 streamer, 1 standard, 10 and above admin.' }),
      is_active: z.boolean().register(documentation, { example: true }),
      is_staff: z
        .boolean()
        .register(documentation, { example: true, description: 'Stored, without effect.' }),
      is_superuser: z
        .boolean()
        .register(documentation, { example: true, description: 'Stored, without effect.' }),
      date_joined: instant('When the user was created.'),
      last_login: z.nullable(instant('The last login with a password.')),
      api_key: z
        .null()
        .register(documentation, { description: 'Always null: keys are kept as digests.', example: null }),
      api_key_preview: z.nullable(z.string()).register(documentation, { example: 'dsp_AbCd...wxyz' }),
      custom_properties: z.record(z.string(), z.json()).register(documentation, {
        type: 'object',
        additionalProperties: {},
        example: { theme: 'dark' },
        description: '`xc_password` and `allowed_networks` are shown to the user itself and to admins only.',
      }),
      avatar_config: z.record(z.string(), z.json()).register(documentation, {
        type: 'object',
        additionalProperties: {},
        example: {},
      }),
      channel_profiles: z.array(z.int()).register(documentation, { example: [1, 2] }),
      stream_limit: z.int().register(documentation, { example: 0 }),
      groups: z.array(z.int()).register(documentation, { example: [1] }),
    })
    .register(documentation, { id: 'User' }),
);

/** `viewer` decides which custom properties are shown. */
export function userJson(user: User, viewer: Viewer): z.input<ReturnType<typeof userSchema>> {
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
    custom_properties: propertiesSeenBy(viewer, user),
    avatar_config: user.avatarConfig,
    channel_profiles: user.channelProfiles,
    stream_limit: user.streamLimit,
    groups: user.groups,
  };
}

export const meSchema = lazily(() => {
  const permissions = z.array(permissionCodename()).register(documentation, {
    example: ['view_user', 'change_user'],
    description: 'What the caller may do now; all of them for admins.',
  });
  return z.intersection(userSchema(), z.object({ permissions })).register(documentation, { id: 'Me' });
});

export const meJson = (user: User, caller: Viewer): z.input<ReturnType<typeof meSchema>> => ({
  ...userJson(user, caller),
  permissions: heldPermissions(caller.rights),
});

export const apiKeySchema = lazily(() =>
  z
    .object({
      id: id(1),
      user_id: id(1),
      username: z.string().register(documentation, { example: 'admin' }),
      name: z.string().register(documentation, { example: '', description: 'Empty for the personal key.' }),
      key_preview: z.string().register(documentation, { example: 'dsp_AbCd...wxyz' }),
      created_at: instant('When the key was made.'),
      last_used_at: z.nullable(instant('Coarse: noted at most once in five minutes.')),
    })
    .register(documentation, { id: 'ApiKey' }),
);

export const apiKeyJson = (key: ApiKey): z.input<ReturnType<typeof apiKeySchema>> => ({
  id: key.id,
  user_id: key.userId,
  username: key.username,
  name: key.name,
  key_preview: key.preview,
  created_at: instantJson(key.createdAt),
  last_used_at: key.lastUsedAt && instantJson(key.lastUsedAt),
});

export const sessionSchema = lazily(() =>
  z
    .object({
      id: z.string().register(documentation, {
        example: '0f0e0d0c0b0a09080706050403020100',
        description: 'Not the `sid` of its tokens, which nobody is shown.',
      }),
      user_id: id(1),
      username: z.string().register(documentation, { example: 'admin' }),
      device: z.string().register(documentation, {
        example: 'Firefox on Linux',
        description: 'What the client seems to be.',
      }),
      user_agent: z
        .string()
        .register(documentation, { example: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0' }),
      address: z.nullable(z.string()).register(documentation, { example: '203.0.113.50' }),
      country: z
        .nullable(z.string())
        .register(documentation, { example: 'CH', description: 'ISO 3166, as the platform tells.' }),
      created_at: instant('The login.'),
      last_seen_at: instant('The login or its last refresh.'),
      expires_at: instant('When it ends by itself.'),
      current: z
        .boolean()
        .register(documentation, { example: true, description: 'Whether this request came with it.' }),
    })
    .register(documentation, { id: 'Session' }),
);

export const sessionJson = (session: SeenSession): z.input<ReturnType<typeof sessionSchema>> => ({
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

export const auditEventSchema = lazily(() =>
  z
    .object({
      id: id(1234),
      event: z.enum(AUDIT_EVENTS).register(documentation, { example: 'authn_login_fail' }),
      created_at: instant('When it happened.'),
      count: z.int().register(documentation, {
        example: 1,
        description: 'How often, where one row stands for a minute of them.',
      }),
      last_at: instant('When it happened last.'),
      user_id: z
        .nullable(id(2))
        .register(documentation, { description: 'Whom it concerns; it stays when the user is gone.' }),
      username: z
        .nullable(z.string())
        .register(documentation, { example: 'ada', description: 'Of a user that exists.' }),
      actor_id: z
        .nullable(id(1))
        .register(documentation, { description: 'Who did it; null for whoever had proved nothing.' }),
      actor_username: z.nullable(z.string()).register(documentation, { example: 'admin' }),
      actor_kind: z.nullable(z.enum(ACTOR_KINDS)).register(documentation, { example: 'session' }),
      actor_credential: z.nullable(z.string()).register(documentation, {
        example: '0f0e0d0c0b0a09080706050403020100',
        description: 'Id of the session or API key.',
      }),
      address: z.nullable(z.string()).register(documentation, { example: '203.0.113.50' }),
      country: z.nullable(z.string()).register(documentation, { example: 'CH' }),
      request_id: z.nullable(z.string()).register(documentation, {
        example: '7b0a9d0e-5c0c-4a53-9a5c-0d5f6f7a8b9c',
        description: 'As in `X-Request-Id`.',
      }),
      detail: z.record(z.string(), z.json()).register(documentation, {
        type: 'object',
        additionalProperties: {},
        example: { fields: ['email'] },
      }),
    })
    .register(documentation, { id: 'AuditEvent' }),
);

export const auditEventJson = (event: AuditEvent): z.input<ReturnType<typeof auditEventSchema>> => ({
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

export const groupSchema = lazily(() =>
  z
    .object({
      id: id(1),
      name: z.string().register(documentation, { example: 'support' }),
      permissions: z
        .array(z.int())
        .register(documentation, { example: [4, 11], description: 'Ids, as `permissions/` lists them.' }),
    })
    .register(documentation, { id: 'Group' }),
);

export const permissionSchema = lazily(() =>
  z
    .object({
      id: id(4),
      name: z.string().register(documentation, { example: 'Can view user' }),
      codename: permissionCodename(),
    })
    .register(documentation, { id: 'Permission' }),
);

export const detailSchema = lazily(() =>
  z
    .object({
      detail: z
        .string()
        .register(documentation, { example: 'Authentication credentials were not provided.' }),
      code: z.optional(z.string()).register(documentation, { example: 'token_not_valid' }),
      messages: z
        .optional(z.array(z.object({ token_class: z.string(), token_type: z.string(), message: z.string() })))
        .register(documentation, {
          description: 'What is wrong with a Bearer token, as clients of SimpleJWT read it.',
        }),
      user_ids: z.optional(z.array(z.int())).register(documentation, {
        example: [2],
        description: 'With a 409: the first users who would gain rights and need a new password first.',
      }),
      request_id: z
        .optional(z.string())
        .register(documentation, { description: 'With a 500: what to look for in the log.' }),
    })
    .register(documentation, { id: 'Detail' }),
);

export const fieldErrorsSchema = lazily(() =>
  z
    .record(z.string(), z.array(z.string()))
    .register(documentation, { id: 'FieldErrors', example: { username: ['This field is required.'] } }),
);
