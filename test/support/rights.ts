import { env } from './env.ts';

/** What a user holds, as stored, and what opens its account. */
export type Holding = {
  id: number;
  /** Codes of everything that counts as a right: permission ids, `level N` above 1, `staff`, `superuser`. */
  rights: Set<string>;
  isActive: boolean;
  passwordHash: string;
  keys: string[];
  sessions: string[];
};

type Row = {
  id: number;
  user_level: number;
  is_active: number;
  is_staff: number;
  is_superuser: number;
  password_hash: string;
  permissions: string;
  keys: string;
  sessions: string;
};

/** By its id one user, and all from another one on. */
export async function holdings(one: number, from: number): Promise<Map<number, Holding>> {
  const { results } = await env.DB.prepare(
    `select id, user_level, is_active, is_staff, is_superuser, password_hash,
      (select json_group_array(p.value) from user_groups ug join groups g on g.id = ug.group_id
        join json_each(g.permissions) p where ug.user_id = users.id) as permissions,
      (select json_group_array(digest) from api_keys where user_id = users.id) as keys,
      (select json_group_array(sessions.id) from sessions where user_id = users.id) as sessions
    from users where id = ? or id >= ?`,
  )
    .bind(one, from)
    .all<Row>();
  return new Map(results.map((row) => [row.id, holdingOf(row)]));
}

function holdingOf(row: Row): Holding {
  const permissions: number[] =
    row.user_level >= 10 ? Array.from({ length: 16 }, (_, i) => i + 1) : JSON.parse(row.permissions);
  return {
    id: row.id,
    rights: new Set([
      ...permissions.map(String),
      ...Array.from({ length: Math.max(row.user_level - 1, 0) }, (_, i) => `level ${i + 2}`),
      ...(row.is_staff ? ['staff'] : []),
      ...(row.is_superuser ? ['superuser'] : []),
    ]),
    isActive: row.is_active === 1,
    passwordHash: row.password_hash,
    keys: JSON.parse(row.keys),
    sessions: JSON.parse(row.sessions),
  };
}

export type Change = {
  id: number;
  before: Holding | undefined;
  gained: string[];
  lost: string[];
  /** How its account can be entered since: another password, another key, active again. */
  entries: ('password' | 'key' | 'activation')[];
  /** What was shut: the user itself, its activity, keys, sessions. */
  exits: ('user' | 'activity' | 'key' | 'session')[];
};

/** What happened to each user between two looks, without those to whom nothing happened. */
export function changesBetween(before: Map<number, Holding>, after: Map<number, Holding>): Change[] {
  const ids = new Set([...before.keys(), ...after.keys()]);
  return [...ids]
    .map((id) => changeOf(id, before.get(id), after.get(id)))
    .filter(({ gained, lost, entries, exits }) =>
      [gained, lost, entries, exits].some((some) => some.length > 0),
    );
}

function changeOf(id: number, before: Holding | undefined, after: Holding | undefined): Change {
  const [held, holds] = [before?.rights ?? new Set<string>(), after?.rights ?? new Set<string>()];
  const both = before === undefined || after === undefined ? null : { before, after };
  return {
    id,
    before,
    gained: [...holds.difference(held)],
    lost: [...held.difference(holds)],
    entries: both === null ? [] : entriesIn(both),
    exits: both === null ? (after === undefined ? ['user'] : []) : exitsIn(both),
  };
}

type Both = { before: Holding; after: Holding };
const hasMore = (list: string[], than: string[]): boolean => list.some((each) => !than.includes(each));

function entriesIn({ before, after }: Both): Change['entries'] {
  return [
    ...(after.passwordHash === before.passwordHash ? [] : (['password'] as const)),
    ...(after.isActive && !before.isActive ? (['activation'] as const) : []),
    ...(hasMore(after.keys, before.keys) ? (['key'] as const) : []),
  ];
}

function exitsIn({ before, after }: Both): Change['exits'] {
  return [
    ...(before.isActive && !after.isActive ? (['activity'] as const) : []),
    ...(hasMore(before.sessions, after.sessions) ? (['session'] as const) : []),
    ...(hasMore(before.keys, after.keys) ? (['key'] as const) : []),
  ];
}
