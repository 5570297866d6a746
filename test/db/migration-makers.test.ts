import { applyD1Migrations } from 'cloudflare:test';
import { beforeAll, expect, it } from 'vitest';
import { dropTables } from '../support/empty-database.ts';
import { env } from '../support/env.ts';
import { rowsOf } from '../support/tables.ts';

const [BOSS, HELPER] = [1, 2];

type Event = [
  event: string,
  user: number,
  actor: number | null,
  kind: string | null,
  detail?: object,
  credential?: string,
];

const changed = (user: number, actor: number | null, kind: string | null = 'session', detail = {}): Event => [
  'authn_password_change',
  user,
  actor,
  kind,
  detail,
];
const created = (user: number, actor: number | null, kind: string | null = 'session', detail = {}): Event => [
  'user_created',
  user,
  actor,
  kind,
  detail,
];
const made = (
  key: number,
  user: number,
  actor: number,
  kind = 'session',
  credential = 'a session',
): Event => ['authn_token_created', user, actor, kind, { api_key_id: key, name: '' }, credential];

/** The events of one user each, in the order of time, and the makers that the migration finds. */
const HISTORIES: [what: string, events: (user: number) => Event[], password: string, key: string][] = [
  ['nothing is known', () => [], 'own', 'own'],
  ['the first set-up', (u) => [created(u, null, null)], 'own', 'own'],
  ['the operator created the user', (u) => [created(u, null, null, { by: 'operator' })], 'admin', 'own'],
  ['an admin created the user', (u) => [created(u, BOSS), made(u, u, u)], 'admin', 'own'],
  ['a key of an admin created the user', (u) => [created(u, BOSS, 'api_key')], 'other', 'other'],
  ['a helper created the user', (u) => [created(u, HELPER)], 'other', 'other'],
  ['a user who is gone set the password', (u) => [changed(u, 999)], 'other', 'other'],
  ['the user changed what a helper set', (u) => [changed(u, HELPER), changed(u, u)], 'other', 'other'],
  ['an admin changed what a helper set', (u) => [changed(u, HELPER), changed(u, BOSS)], 'admin', 'own'],
  ['a helper changed what an admin set', (u) => [changed(u, BOSS), changed(u, HELPER)], 'other', 'other'],
  ['an admin made the key', (u) => [made(u, u, BOSS)], 'own', 'admin'],
  ['a helper made the key', (u) => [made(u, u, HELPER)], 'own', 'other'],
  ['a key of an admin made the key', (u) => [made(u, u, BOSS, 'api_key', '77')], 'own', 'other'],
  [
    'the key replaced one of the user',
    (u) => [made(u - 50, u, u), made(u, u, u, 'api_key', `${u - 50}`)],
    'own',
    'own',
  ],
  [
    'the key replaced one that replaced one of a helper',
    (u) => [
      made(u - 100, u, HELPER),
      made(u - 50, u, u, 'api_key', `${u - 100}`),
      made(u, u, u, 'api_key', `${u - 50}`),
    ],
    'own',
    'other',
  ],
  [
    'the key replaced one that the user made while a helper’s password was set',
    (u) => [changed(u, HELPER), made(u - 50, u, u), changed(u, BOSS), made(u, u, u, 'api_key', `${u - 50}`)],
    'admin',
    'other',
  ],
  [
    'the key replaced one that the user made before a helper set the password',
    (u) => [created(u, BOSS), made(u - 50, u, u), changed(u, HELPER), made(u, u, u, 'api_key', `${u - 50}`)],
    'other',
    'own',
  ],
  [
    'an admin made the key while a helper’s password was set',
    (u) => [changed(u, HELPER), made(u, u, BOSS)],
    'other',
    'other',
  ],
  [
    'an admin came with the token of another server',
    (u) => [changed(u, BOSS, 'interchange'), made(u, u, BOSS, 'interchange')],
    'other',
    'other',
  ],
  [
    'the user made the key while a helper’s password was set',
    (u) => [changed(u, HELPER), made(u, u, u), changed(u, BOSS)],
    'admin',
    'other',
  ],
  [
    'the user made the key before a helper set the password',
    (u) => [created(u, BOSS), made(u, u, u), changed(u, HELPER)],
    'other',
    'own',
  ],
];

/** As many keys, each of which replaced the one before: what a program leaves that makes a key at each start. */
const LONG_LINE = 20_000;

const idOf = (index: number): number => 100 + index;

beforeAll(async () => {
  await dropTables();
  const last = env.TEST_MIGRATIONS.findIndex(({ name }) => name.startsWith('0008'));
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, last));
  const users = [BOSS, HELPER, ...HISTORIES.map((_, index) => idOf(index))];
  await env.DB.batch(users.map((id) => newUser(id)));
  for (const [index, [, events]] of HISTORIES.entries()) await live(idOf(index), events(idOf(index)));
  await env.DB.prepare(
    `insert into audit_events (key, event, created_at, last_at, count, user_id, actor_id, actor_kind, actor_credential, detail)
    select 'long ' || value, 'authn_token_created', value, value, 1, ${BOSS}, ${BOSS}, 'api_key', 2000000 + value - 1,
      json_object('api_key_id', 2000000 + value) from json_each(?)`,
  )
    .bind(JSON.stringify(Array.from({ length: LONG_LINE }, (_, i) => i + 1)))
    .run();
  await env.DB.prepare(`insert into api_keys values (?, ?, '', 'of a long line', '', 0, null)`)
    .bind(2_000_000 + LONG_LINE, BOSS)
    .run();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(last));
});

const newUser = (id: number) =>
  env.DB.prepare(
    `insert into users values (?, ?, '', '', '', '', ?, 1, 0, 0, 0, null, '{}', '{}', '[]', 0, null, '')`,
  ).bind(id, `u${id}`, id === BOSS ? 10 : 1);

/** Records the events a second apart, and stores the key when it was made; at the end where no event tells. */
async function live(user: number, events: Event[]): Promise<void> {
  let now = 1_000_000;
  let keyMadeAt: number | null = null;
  for (const [event, userId, actorId, kind, detail = {}, credential = null] of events) {
    now += 1000;
    if (event === 'authn_token_created') keyMadeAt = now;
    await env.DB.prepare(
      `insert into audit_events (key, event, created_at, last_at, count, user_id, actor_id, actor_kind, actor_credential, detail)
      values (?, ?, ?, ?, 1, ?, ?, ?, ?, ?)`,
    )
      .bind(crypto.randomUUID(), event, now, now, userId, actorId, kind, credential, JSON.stringify(detail))
      .run();
  }
  await env.DB.prepare(`insert into api_keys values (?, ?, '', ?, '', ?, null)`)
    .bind(user, user, `digest ${user}`, keyMadeAt ?? now + 1000)
    .run();
}

it.each(HISTORIES.map(([what, , password, key], index) => ({ what, password, key, id: idOf(index) })))(
  'the migration tells who set the password and who made the key where $what',
  async ({ id, password, key }) => {
    const found = await rowsOf(
      `select password_set_by as password, made_by as key from users join api_keys on user_id = users.id where users.id = ${id}`,
    );
    expect(found).toEqual([{ password, key }]);
  },
);
