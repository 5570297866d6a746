import { ADDRESS, LONG_AGO, nameOf } from './scale-task.ts';

const GROUPS = 100;
const EVENTS_PER_USER = 5;
const SEEDED_AT = Date.UTC(2026, 0, 1);

/** What a table is filled with, for its bytes to be seen alone. */
export type Seed = { what: string; rows: number; statements: string[] };

/**
 * As many users as asked for, each in a group, with a key, a login, a network it is known from and some events; texts
 * are as long as those of real ones. They have one password.
 * @param first the id of the first of them, an admin; a larger one fits into a database that has rows already.
 */
export function seedsOf(users: number, passwordHash: string, first = 1): Seed[] {
  const seed = (what: string, rows: number, insert: string): Seed => ({
    what,
    rows,
    statements: [`${insert.replace('NUMBERS', numbers(rows, first))} from n`],
  });
  return [
    seed('group', GROUPS, `insert into groups (name, permissions) NUMBERS select 'Group ' || i, '[1,2,3]'`),
    seed(
      'user',
      users,
      `insert into users (id, username, password_hash, email, first_name, last_name, user_level, is_active, is_staff,
        is_superuser, date_joined, last_login, custom_properties, avatar_config, channel_profiles, stream_limit,
        change_id)
      NUMBERS select i, ${nameSql('i')}, '${passwordHash}', ${nameSql('i')} || '@example.org', 'First name',
        'Last name', iif(i = ${first}, 10, 1), true, false, false, ${SEEDED_AT}, ${SEEDED_AT}, '{}', '{}', '[]', 0, ${ID}`,
    ),
    seed(
      'membership',
      users,
      `insert into user_groups NUMBERS
        select i, (select id from groups where name = 'Group ' || (${first} + i % ${GROUPS}))`,
    ),
    seed(
      'API key',
      users,
      `insert into api_keys (user_id, name, digest, preview, created_at)
      NUMBERS select i, '', lower(hex(randomblob(32))), 'dsp_AbCd...wxyz', ${SEEDED_AT}`,
    ),
    seed(
      'login',
      users,
      `insert into sessions ${SESSION} NUMBERS select ${ID}, i, ${SEEDED_AT}, ${FAR}, ${FROM}`,
    ),
    seed(
      'known network',
      users,
      `insert into known_networks (user_id, network, last_login_at) NUMBERS select i, '${ADDRESS}', ${FAR}`,
    ),
    seed(
      'audit event',
      users * EVENTS_PER_USER,
      `insert into audit_events (key, event, created_at, last_at, count, user_id, actor_id, actor_kind,
        actor_credential, address, country, request_id, detail)
      NUMBERS select 'login ' || ${ID}, 'authn_login_success', ${SEEDED_AT} + i * 1000, ${SEEDED_AT} + i * 1000, 1,
        ${first} + i % ${users}, ${first} + i % ${users}, 'password', ${ID}, '198.51.100.' || i % 256, 'CH', ${UUID}, '{}'`,
    ),
  ];
}

/** What housekeeping finds, of the first user. */
export const expiredSessions = (rows: number): string =>
  `insert into sessions ${SESSION} ${numbers(rows)} select ${ID}, 1, 0, i % ${LONG_AGO}, ${FROM} from n`;

const numbers = (rows: number, first = 1): string =>
  `with recursive n(i) as (select ${first} union all select i + 1 from n where i < ${first + rows - 1})`;
const nameSql = (number: string): string => `'user' || printf('%0${nameOf(1).length - 4}d', ${number})`;

const ID = 'lower(hex(randomblob(16)))';
const UUID = "'0190e4b2-7d1c-7e3f-9a4b-' || lower(hex(randomblob(6)))";
const FAR = Date.UTC(2100, 0, 1);
const SESSION = '(id, user_id, created_at, expires_at, address, country, user_agent)';
const FROM = `'${ADDRESS}', 'CH', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36'`;
