import { PERMISSIONS, type Permission } from '../../src/core/permissions.ts';
import { type Call, call } from '../support/api.ts';
import { env } from '../support/env.ts';
import { groupOf, person } from '../support/people.ts';
import { emptyTables } from '../support/state.ts';
import { claimsOf } from '../support/wire-tokens.ts';
import {
  type Credential,
  isGood,
  type Key,
  type Login,
  type Maker,
  type Model,
  type ModelGroup,
  type ModelUser,
} from './model.ts';

/** Who takes part; the newcomer does not exist yet, and whoever is deleted may be created anew. */
export const NAMES = ['admin', 'helper', 'ada', 'bob', 'newcomer'] as const;
export type Name = (typeof NAMES)[number];

/** The real service and, beside it, the model of what it must do. */
export type World = { model: Model; newPassword(): string };

const bindings = Object.assign({}, env, { RATE_LIMITS: 'off', API_KEYS_PER_USER: '1' });
const NOBODY = 999_999_999;

export const idsOf = (permissions: readonly Permission[]): number[] =>
  PERMISSIONS.filter(({ codename }) => permissions.includes(codename)).map(({ id }) => id);

export const sendAs = (by: Credential | null, method: string, path: string, body?: unknown) => {
  const as: Call =
    by === null ? {} : by.kind === 'key' ? { key: by.key } : { token: by.accesses.at(-1) ?? '' };
  return call(method, path, { ...as, body, env: bindings });
};

/** An admin, a helper with the rights of two groups, and two standard users; all signed in, most with a key. */
export async function newWorld(rights: readonly [Permission[], Permission[]]): Promise<World> {
  await emptyTables();
  const groups: ModelGroup[] = [];
  for (const [i, permissions] of rights.entries()) {
    groups.push({
      name: `group ${i}`,
      id: await groupOf(permissions, `group ${i}`),
      exists: true,
      permissions,
    });
  }
  let passwords = 0;
  const world: World = {
    model: { users: [], groups, credentials: [] },
    newPassword: () => `password ${++passwords}`,
  };
  for (const name of NAMES) await introduce(world, name);
  return world;
}

async function introduce({ model }: World, name: Name): Promise<void> {
  const [level, groups] = [name === 'admin' ? 10 : 1, name === 'helper' ? model.groups : []];
  const common = { name, level, groups, oldPassword: 'never was one' };
  if (name === 'newcomer') {
    model.users.push({ ...common, id: NOBODY, exists: false, isActive: false, password: '', setBy: 'own' });
    return;
  }
  const groupIds = groups.map(({ id }) => id);
  const { id, password } = await person({ username: name, userLevel: level, groups: groupIds });
  const user: ModelUser = { ...common, id, exists: true, isActive: true, password, setBy: 'admin' };
  model.users.push(user);
  const login = loginOf(user, (await sendAs(null, 'POST', '/token/', { username: name, password })).body);
  model.credentials.push(login);
  if (name === 'bob') return;
  model.credentials.push(keyOf(user, (await sendAs(login, 'POST', '/api-keys/generate/')).body, 'own'));
}

export const loginOf = (owner: ModelUser, body: { access: string; refresh: string }): Login => ({
  kind: 'login',
  owner,
  isLive: true,
  accesses: [body.access],
  refresh: body.refresh,
});

export const keyOf = (
  owner: ModelUser,
  { id, key, name }: { id: number; key: string; name: string },
  madeBy: Maker,
): Key => ({ kind: 'key', owner, isLive: true, id, key, name, madeBy });

/** The newest of that name: earlier ones were deleted. */
export function userNamed({ model }: World, name: Name): ModelUser {
  const found = model.users.findLast((user) => user.name === name);
  if (found === undefined) throw new Error(`the model has no ${name}`);
  return found;
}

/**
 * Asks with every credential that was ever given out, and tells which do not stand for what the model says: their
 * owner, or nobody (401).
 */
export async function misjudged({ model }: World): Promise<string[]> {
  const judged = await Promise.all(
    model.credentials.flatMap((credential) => {
      const { owner } = credential;
      const expected = isGood(credential) ? owner.id : 401;
      return waysToUse(credential).map(async ([what, ask]) => {
        const answered = await ask();
        const whose = `${what} of ${owner.name} (${owner.id})`;
        return answered === expected ? [] : [`${whose} stands for ${answered} instead of ${expected}`];
      });
    }),
  );
  return judged.flat();
}

type Ways = [what: string, ask: () => Promise<number>][];

function waysToUse(credential: Credential): Ways {
  if (credential.kind === 'key') return [['key', () => whoIs({ key: credential.key })]];
  const { accesses, refresh } = credential;
  return [
    ...accesses.map((token): Ways[number] => ['access token', () => whoIs({ token })]),
    ['refresh token', () => whoRefreshes(refresh)],
  ];
}

async function whoIs(as: Call): Promise<number> {
  const { status, body } = await call('GET', '/users/me/', { ...as, env: bindings });
  return status === 200 ? body.id : status;
}

/** Whom a refresh token lets act: the owner of the access token that it gives. */
async function whoRefreshes(refresh: string): Promise<number> {
  const { status, body } = await sendAs(null, 'POST', '/token/refresh/', { refresh });
  return status === 200 ? Number(claimsOf(body.access).user_id) : status;
}
