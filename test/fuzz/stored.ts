import { PERMISSIONS, type Permission } from '../../src/core/permissions.ts';
import { env } from '../support/env.ts';
import { type Model, rightsOf } from './model.ts';

type StoredUser = { id: number; level: number; isActive: boolean; rights: Permission[] };
export type Stored = {
  users: StoredUser[];
  /** The owner of every stored key. */
  keys: number[];
  /** The owner of every stored session. */
  sessions: number[];
};

const QUERIES = [
  `select id, user_level, is_active, (
     select json_group_array(p.value) from user_groups ug join groups g on g.id = ug.group_id
     join json_each(g.permissions) p where ug.user_id = users.id
   ) as permissions from users order by id`,
  'select user_id from api_keys order by user_id',
  'select user_id from sessions order by user_id',
];

type Row = { id: number; user_level: number; is_active: number; permissions: string; user_id: number };

/** What the database holds, read past the service. */
export async function readStored(): Promise<Stored> {
  const answers = await env.DB.batch<Row>(QUERIES.map((query) => env.DB.prepare(query)));
  const [users = [], keys = [], sessions = []] = answers.map(({ results }) => results);
  const owner = ({ user_id }: Row): number => user_id;
  return { users: users.map(toUser), keys: keys.map(owner), sessions: sessions.map(owner) };
}

function toUser({ id, user_level: level, is_active, permissions }: Row): StoredUser {
  const held: number[] = JSON.parse(permissions);
  const rights = PERMISSIONS.filter((one) => level >= 10 || held.includes(one.id));
  return { id, level, isActive: is_active === 1, rights: rights.map(({ codename }) => codename) };
}

/** What the database must hold by the model. */
export function expectedOf({ users, credentials }: Model): Stored {
  const owners = (kind: 'login' | 'key') =>
    credentials.flatMap((one) => (one.kind === kind && one.isLive ? one.owner.id : [])).sort((a, b) => a - b);
  const present = users.filter(({ exists }) => exists).sort((a, b) => a.id - b.id);
  return {
    users: present.map((user) => {
      const rights = PERMISSIONS.map(({ codename }) => codename).filter((one) => rightsOf(user).has(one));
      return { id: user.id, level: user.level, isActive: user.isActive, rights };
    }),
    keys: owners('key'),
    sessions: owners('login'),
  };
}

/** Rights that a user has gained between the two; a new user has gained all that it holds. */
export const gains = (before: Stored, after: Stored): string[] =>
  after.users.flatMap(({ id, rights }) => {
    const had = before.users.find((user) => user.id === id)?.rights ?? [];
    return rights.filter((right) => !had.includes(right)).map((right) => `${id}: ${right}`);
  });
