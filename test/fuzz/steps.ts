import fc from 'fast-check';
import { ALL_PERMISSIONS, type Permission } from '../../src/core/permissions.ts';
import type { JsonBody } from '../support/api.ts';
import type { Changes, Credential, Key, ModelGroup, Verdict } from './model.ts';
import * as rules from './model.ts';
import { idsOf, keyOf, loginOf, NAMES, type Name, userNamed, type World } from './world.ts';

/** What a step asks of the service, and what the model says to it. */
type Deed = {
  verdict: Verdict;
  method: string;
  path: string;
  body?: unknown;
  /** Takes what only the answer to a success can tell. */
  note?: (body: JsonBody) => void;
};

/** Which credential: the newest of its kind that the user ever had, or one of those before, as far back as there are. */
type Choice = { of: Name; kind: Credential['kind']; age: number };

export type Step = {
  what: string;
  /** Null for what is done without being signed in. */
  as: Choice | null;
  /** Null where there is nothing to do it with or to. */
  plan(world: World, by: Credential): Deed | null;
};

type Planned = Pick<Step, 'what' | 'plan'>;

export function credentialOf({ model }: World, { of, kind, age }: Choice): Credential | undefined {
  const all = model.credentials.filter((one) => one.owner.name === of && one.kind === kind);
  return all[Math.max(0, all.length - 1 - age)];
}

const anyone = fc.constantFrom(...NAMES);
const permissions = fc.subarray<Permission>([...ALL_PERMISSIONS]);
const groupIndex = fc.nat({ max: 1 });
const choiceOf = (kind: fc.Arbitrary<Credential['kind']>): fc.Arbitrary<Choice> =>
  fc.record({
    of: fc.constantFrom<Name[]>(...NAMES, 'admin', 'admin', 'admin', 'helper', 'helper'),
    kind,
    age: fc.constantFrom(0, 0, 0, 0, 1, 2),
  });
const caller = choiceOf(fc.constantFrom('login', 'login', 'key'));

export const rightsOfTwoGroups = fc.tuple(permissions, permissions);

type Wish = { level?: number; isActive?: boolean; groups?: number[]; password?: true };
const field = {
  level: fc.constantFrom(0, 1, 9, 10, 10, 11),
  isActive: fc.boolean(),
  groups: fc.subarray([0, 1]),
  password: fc.constant<true>(true),
};
/** Mostly one thing at a time: of several, each may be what is refused. */
const wish: fc.Arbitrary<Wish> = fc.oneof(
  ...Object.entries(field).map(([name, value]) => fc.record({ [name]: value } as typeof field)),
  fc.record(field, { requiredKeys: [] }),
);

function changesOf(world: World, { groups, password, ...plain }: Wish): Changes {
  return {
    ...plain,
    ...(groups === undefined ? {} : { groups: groups.map((index) => groupAt(world, index)) }),
    ...(password === undefined ? {} : { password: world.newPassword() }),
  };
}

function groupAt({ model }: World, index: number): ModelGroup {
  const found = model.groups[index];
  if (found === undefined) throw new Error(`the model has no group ${index}`);
  return found;
}

const bodyOf = ({ level, isActive, groups, password }: Changes) => ({
  user_level: level,
  is_active: isActive,
  groups: groups?.map(({ id }) => id),
  password,
});

const change = fc.tuple(anyone, wish).map(
  ([name, wanted]): Planned => ({
    what: `changes ${name}: ${JSON.stringify(wanted)}`,
    plan: (world, by) => {
      const target = userNamed(world, name);
      const changes = changesOf(world, wanted);
      const verdict = rules.judgeChange(world.model, by, target, changes);
      return { verdict, method: 'PATCH', path: `/users/${target.id}/`, body: bodyOf(changes) };
    },
  }),
);

/** Admins more than others, since one of them must stay. */
const remove = fc.constantFrom<Name[]>(...NAMES, 'admin', 'admin', 'admin').map(
  (name): Planned => ({
    what: `deletes ${name}`,
    plan: (world, by) => {
      const target = userNamed(world, name);
      const verdict = rules.judgeDeletion(world.model, by, target);
      return { verdict, method: 'DELETE', path: `/users/${target.id}/` };
    },
  }),
);

const create = fc.tuple(fc.constantFrom<Name[]>('newcomer', 'newcomer', 'ada', 'bob'), wish).map(
  ([name, { password: _, ...wanted }]): Planned => ({
    what: `creates ${name}: ${JSON.stringify(wanted)}`,
    plan: (world, by) => {
      const given = changesOf(world, wanted);
      const password = world.newPassword();
      const verdict = rules.judgeCreation(world.model, by, name, given);
      const note = ({ id }: { id: number }) => {
        const fresh = { name, id, exists: true, level: 0, isActive: true, groups: [], oldPassword: '' };
        world.model.users.push({ ...fresh, ...given, password, setBy: rules.makerOf(by, null) });
      };
      return {
        verdict,
        method: 'POST',
        path: '/users/',
        body: { ...bodyOf(given), username: name, password },
        note,
      };
    },
  }),
);

const whose = fc.option(anyone, { freq: 2 });
const aKeyOf = (name: Name | null): string => (name === null ? 'its own key' : `the key of ${name}`);

/** Under any name: where a user has one key, a new one takes its place whatever it is called. */
const makeKey = fc.tuple(whose, fc.constantFrom('', '', 'a')).map(
  ([name, called]): Planned => ({
    what: `makes ${aKeyOf(name)}${called && ', named'}`,
    plan: (world, by) => {
      const target = name === null ? null : userNamed(world, name);
      const verdict = rules.judgeKey(world.model, by, target, { right: 'add_apikey', name: called });
      const owner = target ?? by.owner;
      const madeBy = rules.makerOfKey(by, owner);
      const note = (body: JsonBody) => world.model.credentials.push(keyOf(owner, body, madeBy));
      return {
        verdict,
        method: 'POST',
        path: '/api-keys/',
        body: { user_id: target?.id, name: called },
        note,
      };
    },
  }),
);

const revokeKey = whose.map(
  (name): Planned => ({
    what: `revokes ${aKeyOf(name)}`,
    plan: (world, by) => {
      const target = name === null ? null : userNamed(world, name);
      const verdict = rules.judgeKey(world.model, by, target, { right: 'delete_apikey' });
      return { verdict, method: 'POST', path: '/api-keys/revoke/', body: { user_id: target?.id } };
    },
  }),
);

const deleteKey = choiceOf(fc.constant('key')).map(
  (which): Planned => ({
    what: `deletes by its id ${nameOf(which)}`,
    plan: (world, by) => {
      const key = credentialOf(world, which) as Key | undefined;
      if (key === undefined) return null;
      return { verdict: rules.judgeKeyDeletion(by, key), method: 'DELETE', path: `/api-keys/${key.id}/` };
    },
  }),
);

const changeGroup = fc.tuple(groupIndex, permissions).map(
  ([index, rights]): Planned => ({
    what: `gives group ${index} the rights ${rights.join(', ')}`,
    plan: (world, by) => {
      const group = groupAt(world, index);
      const verdict = rules.judgeGroupChange(world.model, by, group, rights);
      const body = { permissions: idsOf(rights) };
      return { verdict, method: 'PATCH', path: `/groups/${group.id}/`, body };
    },
  }),
);

const deleteGroup = groupIndex.map(
  (index): Planned => ({
    what: `deletes group ${index}`,
    plan: (world, by) => {
      const group = groupAt(world, index);
      const verdict = rules.judgeGroupDeletion(world.model, by, group);
      return { verdict, method: 'DELETE', path: `/groups/${group.id}/` };
    },
  }),
);

const changePassword = fc.constantFrom('the right', 'a wrong', 'no').map(
  (which): Planned => ({
    what: `changes its password, with ${which} current one`,
    plan: (world, by) => {
      const known: Record<string, string> = { 'the right': by.owner.password, 'a wrong': 'not that one' };
      const current = known[which];
      const password = world.newPassword();
      const verdict = rules.judgeNewPassword(world.model, by, { password, current });
      return { verdict, method: 'PATCH', path: '/users/me/', body: { password, current_password: current } };
    },
  }),
);

const logout = fc.constant<Planned>({
  what: 'logs out',
  plan: (_, by) => ({ verdict: rules.judgeLogout(by), method: 'POST', path: '/auth/logout/' }),
});

const login = fc.tuple(anyone, fc.constantFrom('password', 'password', 'oldPassword')).map(
  ([name, which]): Step => ({
    what: `${name} logs in with its ${which === 'password' ? 'password' : 'old password'}`,
    as: null,
    plan: (world) => {
      const user = userNamed(world, name);
      const body = { username: name, password: user[which as 'password'] || 'none yet' };
      const note = (answer: JsonBody) => world.model.credentials.push(loginOf(user, answer));
      const verdict = rules.judgeLogin(user, body.password);
      return { verdict, method: 'POST', path: '/token/', body, note };
    },
  }),
);

const refresh = choiceOf(fc.constant('login')).map(
  (which): Step => ({
    what: `${nameOf(which)} is refreshed`,
    as: null,
    plan: (world) => {
      const found = credentialOf(world, which);
      if (found?.kind !== 'login') return null;
      const note = ({ access }: { access: string }) => found.accesses.push(access);
      const verdict = { status: rules.isGood(found) ? 200 : 401 };
      return { verdict, method: 'POST', path: '/token/refresh/', body: { refresh: found.refresh }, note };
    },
  }),
);

const nameOf = ({ of, kind, age }: Choice): string =>
  `${of}’s ${['', 'second ', 'third '][age]}newest ${kind}`;

const signedIn = fc
  .tuple(
    caller,
    fc.oneof(
      { weight: 5, arbitrary: change },
      { weight: 2, arbitrary: makeKey },
      { weight: 2, arbitrary: create },
      { weight: 2, arbitrary: remove },
      ...[revokeKey, deleteKey, changeGroup, deleteGroup, changePassword, logout].map((arbitrary) => ({
        weight: 1,
        arbitrary,
      })),
    ),
  )
  .map(([as, { what, plan }]): Step => ({ what: `${nameOf(as)} ${what}`, as, plan }));

/** One thing that somebody does or tries; a failure tells it in words. */
export const step: fc.Arbitrary<Step> = fc
  .oneof(
    { weight: 8, arbitrary: signedIn },
    { weight: 1, arbitrary: login },
    { weight: 1, arbitrary: refresh },
  )
  .map((one) => ({ ...one, [fc.toStringMethod]: () => one.what }));
