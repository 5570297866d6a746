import * as z from 'zod/mini';
import {
  assertSetupAllowed,
  createFirstAdmin,
  type SetupCaller,
  setupRefusal,
} from '../../core/superuser.ts';
import type { Access } from '../access.ts';
import { json } from '../answer.ts';
import { sourceOf } from '../client.ts';
import type { AppContext } from '../context.ts';
import { documentation, lazily } from '../documentation.ts';
import { type Route, route } from '../route.ts';
import { email, judgeNewPassword, newPassword, username } from './user-bodies.ts';

const PATH = '/api/accounts/initialize-superuser/';

const answer = lazily(() =>
  z
    .object({
      superuser_exists: z.boolean().register(documentation, { example: false }),
      client_ip: z.optional(z.nullable(z.string())).register(documentation, {
        example: '127.0.0.1',
        description: 'Where the request came from; only while no admin exists.',
      }),
      setup_allowed: z.optional(z.boolean()).register(documentation, {
        example: true,
        description: 'Whether this caller may create the first admin; only while none exists.',
      }),
    })
    .register(documentation, { id: 'SuperuserState' }),
);

const errorSchema = lazily(() =>
  z
    .catchall(
      z.object({
        error: z.string().register(documentation, { example: 'Username and password are required.' }),
        detail: z.string().register(documentation, { example: 'Username and password are required.' }),
        client_ip: z.optional(z.nullable(z.string())).register(documentation, {
          example: '203.0.113.50',
          description: 'Beside a 403: the address that may not.',
        }),
        setup_allowed: z.optional(z.literal(false)).register(documentation, { description: 'Beside a 403.' }),
        request_id: z
          .optional(z.string())
          .register(documentation, { description: 'Beside a 500: what to look for in the log.' }),
      }),
      z.array(z.string()),
    )
    .register(documentation, { id: 'SetupError' }),
);

/** Clients read `error`; those that read DRF's shapes read `detail` and the fields. */
function withError(body: Record<string, unknown>): Record<string, unknown> {
  const { detail, ...fields } = body;
  const missing = ['username', 'password'].some((name) => isMissing(fields[name]));
  const sentence = detail ?? (missing ? 'Username and password are required.' : firstSentence(fields));
  return { error: sentence, detail: sentence, ...fields };
}

const isMissing = (sentences: unknown): boolean =>
  Array.isArray(sentences) && sentences.some((text) => /is required|may not be (blank|null)/.test(text));

const firstSentence = (fields: Record<string, unknown>): unknown => Object.values(fields).flat()[0];

/** Anyone, and what tells whether it may create the first admin. */
const anyone: Access<SetupCaller> = {
  isPublic: true,
  right: null,
  check: async (c) => setupCallerOf(c),
};

/** Once an admin exists every POST gets the same answer, whatever it holds; before, the address decides. */
const untilSuperuserExists: Access<null> = {
  isPublic: true,
  right: null,
  async check(c) {
    const deps = c.get('deps')();
    if (await deps.superuser.exists()) return json({ superuser_exists: true });
    assertSetupAllowed(deps, setupCallerOf(c));
    return null;
  },
};

const setupCallerOf = (c: AppContext): SetupCaller => ({
  address: sourceOf(c).address,
  from: {
    origin: c.req.header('Origin') ?? null,
    fetchSite: c.req.header('Sec-Fetch-Site') ?? null,
    url: new URL(c.req.url),
  },
});

const read = route(
  anyone,
  {
    method: 'get',
    path: PATH,
    operationId: 'getSuperuserState',
    tag: 'setup',
    summary: 'Ask whether the first admin exists',
    answer: {
      status: 200,
      description: 'Whether it exists; if not, whether the caller may create it.',
      schema: answer,
    },
    errors: { shape: withError, schema: errorSchema },
  },
  async ({ caller, deps }) => {
    if (await deps.superuser.exists()) return { superuser_exists: true };
    const allowed = setupRefusal(deps, caller) === null;
    return { superuser_exists: false, client_ip: caller.address, setup_allowed: allowed };
  },
);

const create = route(
  untilSuperuserExists,
  {
    method: 'post',
    path: PATH,
    operationId: 'createSuperuser',
    tag: 'setup',
    summary: 'Create the first admin',
    description:
      'Open until an admin exists, to loopback and private addresses or to SETUP_ALLOWED_IP, and not to pages ' +
      'of other sites. Afterwards it answers the same and creates nothing.',
    body: () =>
      z
        .object({
          username: username(),
          password: newPassword(),
          email: z.nullable(email()),
        })
        .register(documentation, { id: 'FirstAdmin' }),
    judge: judgeNewPassword,
    answer: { status: 200, description: 'An admin exists.', schema: answer },
    failures: { 403: 'The address or the page may not create the first admin.' },
    errors: { shape: withError, schema: errorSchema },
  },
  async ({ body, deps, client, now }) => {
    await createFirstAdmin(deps, { ...body, email: body.email ?? '', from: client(), now });
    return { superuser_exists: true };
  },
);

export const setupRoutes: Route[] = [read, create];
