import { beforeAll, describe, expect, it } from 'vitest';
import { ALL_PERMISSIONS } from '../../src/core/permissions.ts';
import { type Call, call, patch, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import {
  groupOf,
  keyOf,
  type Person,
  person,
  type SignedIn,
  signedInAdmin,
  signIn,
  uniqueName,
} from '../support/people.ts';
import { type Change, changesBetween, type Holding, holdings } from '../support/rights.ts';

type Target = Person & { keyId: number; sessionId: string; group: number; emptyGroup: number };
type Write = [name: string, method: string, request: (target: Target) => [path: string, body?: unknown]];

const password = 'known to the caller';
const onUser = (name: string, fields: (target: Target) => object): Write => [
  name,
  'PATCH',
  (target) => [`/users/${target.id}/`, fields(target)],
];
const fresh =
  (fields: (target: Target) => object): Write[2] =>
  (target) => ['/users/', { username: uniqueName(), password, ...fields(target) }];

/** Every write of the API that could give or take something, aimed at a target. */
const WRITES: Write[] = [
  ['create', 'POST', fresh(() => ({}))],
  ['create level 1', 'POST', fresh(() => ({ user_level: 1 }))],
  ['create level 2', 'POST', fresh(() => ({ user_level: 2 }))],
  ['create admin', 'POST', fresh(() => ({ user_level: 10 }))],
  ['create staff', 'POST', fresh(() => ({ is_staff: true }))],
  ['create superuser', 'POST', fresh(() => ({ is_superuser: true }))],
  ['create in group', 'POST', fresh(({ group }) => ({ groups: [group] }))],
  onUser('rename', () => ({ first_name: 'Ada' })),
  onUser('email', () => ({ email: 'caller@example.com' })),
  onUser('level 0', () => ({ user_level: 0 })),
  onUser('level 2', () => ({ user_level: 2 })),
  onUser('promote', () => ({ user_level: 10 })),
  onUser('staff', () => ({ is_staff: true })),
  onUser('superuser', () => ({ is_superuser: true })),
  onUser('into group', ({ group }) => ({ groups: [group] })),
  onUser('out of groups', () => ({ groups: [] })),
  ['replace', 'PUT', ({ id }) => [`/users/${id}/`, { username: uniqueName(), last_name: 'Lovelace' }]],
  ['replace as admin', 'PUT', ({ id }) => [`/users/${id}/`, { username: uniqueName(), user_level: 11 }]],
  ['fill group', 'PATCH', ({ emptyGroup }) => [`/groups/${emptyGroup}/`, { permissions: [1, 2, 3] }]],
  [
    'replace group',
    'PUT',
    ({ emptyGroup }) => [`/groups/${emptyGroup}/`, { name: uniqueName(), permissions: [16] }],
  ],
  ['create group', 'POST', () => ['/groups/', { name: uniqueName(), permissions: [1] }]],
  ['make key', 'POST', ({ id }) => ['/api-keys/', { user_id: id, name: 'made' }]],
  ['generate key', 'POST', ({ id }) => ['/api-keys/generate/', { user_id: id }]],
  ['delete key', 'DELETE', ({ keyId }) => [`/api-keys/${keyId}/`]],
  ['revoke key', 'POST', ({ id }) => ['/api-keys/revoke/', { user_id: id }]],
  ['end session', 'DELETE', ({ sessionId }) => [`/sessions/${sessionId}/`]],
  onUser('deactivate', () => ({ is_active: false })),
  onUser('activate', () => ({ is_active: true })),
  onUser('password', () => ({ password })),
  ['delete group', 'DELETE', ({ emptyGroup }) => [`/groups/${emptyGroup}/`]],
  ['delete', 'DELETE', ({ id }) => [`/users/${id}/`]],
  ['set up', 'POST', () => ['/initialize-superuser/', { username: uniqueName(), password, email: '' }]],
];

/** Users by what they hold, each with one permission at most, so that no caller but an admin covers all of them. */
const RANKS: [rank: string, mint: (emptyGroup: number) => Promise<Person>][] = [
  ['streamer', (group) => person({ userLevel: 0, groups: [group] })],
  ['standard', (group) => person({ userLevel: 1, groups: [group] })],
  ['level 5', (group) => person({ userLevel: 5, groups: [group] })],
  ['staff', (group) => person({ isStaff: true, groups: [group] })],
  ['superuser', (group) => person({ isSuperuser: true, groups: [group] })],
  ['holder of view_user', async (group) => person({ groups: [group, await groupOf(['view_user'])] })],
  ['inactive', (group) => person({ isActive: false, groups: [group] })],
  ['admin', (group) => person({ userLevel: 10, groups: [group] })],
];

/** Whoever is refused before anything of the target is read is tried at fewer ranks. */
const RANKS_OF_REFUSED = new Set(['streamer', 'standard', 'holder of view_user', 'admin']);

const CALLERS: [who: string, mint: () => Promise<Person>][] = [
  ['streamer', () => person({ userLevel: 0 })],
  ['standard', () => person()],
  ...[...ALL_PERMISSIONS].map((right): [string, () => Promise<Person>] => [right, () => person({}, [right])]),
  ['every permission', () => person({}, [...ALL_PERMISSIONS])],
  ['admin', () => person({ userLevel: 10 })],
];

const ON_USERS = ['rename', 'replace', 'email', 'level 0', 'activate'];
const PLAIN = ['create', ...ON_USERS, 'deactivate', 'password', 'delete'];

/** Writes that leave a streamer without groups as it is, so that whoever can change users may send them. */
const UNCHANGING = ['level 0', 'activate'];

/** What succeeds for a streamer as the target, beyond what changes nothing: the rest is refused. */
const ALLOWED: Record<string, { token: string[]; key: string[] }> = {
  add_user: { token: ['create'], key: ['create'] },
  change_user: { token: [...ON_USERS, 'deactivate', 'password'], key: [...ON_USERS, 'deactivate'] },
  delete_user: { token: ['delete'], key: ['delete'] },
  add_apikey: { token: ['make key', 'generate key'], key: [] },
  delete_apikey: { token: ['delete key', 'revoke key'], key: [] },
  delete_session: { token: ['end session'], key: [] },
  'every permission': {
    token: [...PLAIN, 'make key', 'generate key', 'delete key', 'revoke key', 'end session'],
    key: PLAIN.filter((name) => name !== 'password'),
  },
  admin: { token: WRITES.map(([name]) => name), key: [...PLAIN, 'create level 1'] },
};

let admin: SignedIn;
beforeAll(async () => {
  admin = await signedInAdmin();
});

async function targetOf(mint: (emptyGroup: number) => Promise<Person>): Promise<Target> {
  const emptyGroup = await groupOf([]);
  const who = await mint(emptyGroup);
  const key = await post('/api-keys/', { user_id: who.id }, { token: admin.access });
  const sessionId = crypto.randomUUID();
  await env.DB.prepare(
    `insert into sessions (id, user_id, created_at, expires_at, user_agent) values (?, ?, 0, ?, '')`,
  )
    .bind(sessionId, who.id, Date.now() + 3_600_000)
    .run();
  return { ...who, keyId: key.body.id, sessionId, emptyGroup, group: await groupOf(['view_group']) };
}

type Caller = { who: string; by: 'token' | 'key' | 'nothing'; as: Call; own: Holding | undefined };

/** What no caller may bring about, whatever was answered: the rules in words that do not know how they are kept. */
function faultsOf(caller: Caller, changes: Change[]): string[] {
  return changes.flatMap((change) => [
    ...(caller.by === 'nothing' ? [`nobody changed ${change.id}`] : []),
    ...rightsFaults(caller, change),
    ...accessFaults(caller, change),
  ]);
}

const heldBefore = ({ before }: Change): Set<string> => before?.rights ?? new Set();
const covers = ({ who, own }: Caller, rights: Set<string>): boolean =>
  who === 'admin' || [...rights].every((right) => own?.rights.has(right));

function rightsFaults(caller: Caller, change: Change): string[] {
  const { id, gained, lost } = change;
  const givesAndTakes = caller.who === 'admin' && caller.by === 'token';
  const takes = caller.by === 'token' && covers(caller, heldBefore(change));
  return [
    ...(gained.length > 0 && !givesAndTakes ? [`${id} gained ${gained}`] : []),
    ...(lost.length > 0 && !takes ? [`${id} lost ${lost}`] : []),
  ];
}

/** A key opens and shuts nothing of users who hold rights, and makes no key for anyone. */
function accessFaults(caller: Caller, change: Change): string[] {
  const { id, entries, exits } = change;
  if (id === caller.own?.id || entries.length + exits.length === 0) return [];
  const held = heldBefore(change);
  const byKey = caller.by === 'key' && (held.size > 0 || entries.includes('key'));
  return byKey || !covers(caller, held) ? [`${entries} ${exits} of ${id}, who holds ${[...held]}`] : [];
}

/** Sends every write at a target of a rank at once, for a caller that is refused all of them. */
async function tryAtOnce([rank, mint]: (typeof RANKS)[number], caller: Caller): Promise<string[]> {
  const target = await targetOf(mint);
  const look = () => holdings(caller.own?.id ?? 0, target.id);
  const before = await look();
  const answers = await Promise.all(
    WRITES.map(([, method, request]) => send(method, request(target), caller.as)),
  );
  expect(changesBetween(before, await look()), `what was refused at ${rank}`).toEqual([]);
  return WRITES.filter((_, index) => (answers[index]?.status ?? 0) < 400).map(([name]) => name);
}

/** Sends every write at targets of a rank, and gives the names of those that succeeded. */
async function tryAllAt([rank, mint]: (typeof RANKS)[number], caller: Caller): Promise<string[]> {
  const succeeded: string[] = [];
  let target = await targetOf(mint);
  const look = () => holdings(caller.own?.id ?? 0, target.id);
  let before = await look();
  for (const [name, method, request] of WRITES) {
    const { status } = await send(method, request(target), caller.as);
    if (status >= 400) continue;
    succeeded.push(name);
    // With what the refused ones before it did, which has to be nothing.
    const changes = changesBetween(before, await look());
    expect(faultsOf(caller, changes), `${name} at ${rank}: ${status}`).toEqual([]);
    if (changes.length > 0) target = await targetOf(mint);
    before = await look();
  }
  expect(changesBetween(before, await look()), `what was refused at ${rank}`).toEqual([]);
  return succeeded;
}

const send = (method: string, [path, body]: ReturnType<Write[2]>, as: Call) =>
  call(method, path, body === undefined ? as : { ...as, body });

/** The names of the writes that succeeded for a streamer as the target. */
async function tryAll(caller: Caller): Promise<string[]> {
  const isRefusedAll = (ALLOWED[caller.who]?.token ?? []).length === 0;
  const tryRank = isRefusedAll ? tryAtOnce : tryAllAt;
  const [streamer, ...others] = isRefusedAll ? RANKS.filter(([rank]) => RANKS_OF_REFUSED.has(rank)) : RANKS;
  if (streamer === undefined) throw new Error('there are no ranks');
  const succeeded = await tryRank(streamer, caller);
  for (const rank of others) await tryRank(rank, caller);
  return succeeded;
}

async function callerOf(who: string, minted: Person, by: 'token' | 'key'): Promise<Caller> {
  const signedIn = await signIn(minted);
  const as = by === 'token' ? { token: signedIn.access } : { key: await keyOf(signedIn) };
  return { who, by, as, own: (await holdings(minted.id, minted.id)).get(minted.id) };
}

describe('who can do what to whom', () => {
  it('nobody without credentials', async () => {
    const done = await tryAll({ who: 'anonymous', by: 'nothing', as: {}, own: undefined });
    // Set-up answers that it is done already.
    expect(done).toEqual(['set up']);
  });

  describe.each(CALLERS)('%s', (who, mint) => {
    it.each(['token', 'key'] as const)('by %s does what its rights say, and no more', async (by) => {
      const done = await tryAll(await callerOf(who, await mint(), by));
      const allowed = ALLOWED[who]?.[by] ?? [];
      // What a request leaves as it is succeeds for whoever can change users.
      const harmless = allowed.includes('rename') ? [...UNCHANGING, 'set up'] : ['set up'];
      expect(done.toSorted()).toEqual([...new Set([...allowed, ...harmless])].toSorted());
    });
  });
});

/** Every key and password that this caller can get into the account of a user; only keys tell themselves. */
async function plant(target: Target, as: Call): Promise<string[]> {
  const answers = WRITES.filter(([name]) => /key|password/.test(name)).map(
    ([, method, request]) =>
      () =>
        send(method, request(target), as),
  );
  const keys: string[] = [];
  for (const answer of answers) keys.push((await answer()).body?.key);
  return keys.filter((key) => typeof key === 'string');
}

describe('what a caller who is no admin leaves in a user opens nothing after a promotion', () => {
  it.each(CALLERS.filter(([who]) => who !== 'admin'))('%s', async (_, mint) => {
    const caller = await signIn(await mint());
    for (const as of [{ token: caller.access }, { key: await keyOf(caller) }]) {
      const target = await targetOf(() => person());
      const keys = await plant(target, as);
      const promoted = await patch(`/users/${target.id}/`, { user_level: 10 }, { token: admin.access });
      const login = await post('/token/', { username: target.username, password });
      expect(promoted.status).toBe(login.status === 200 ? 409 : 200);
      const levels = await Promise.all(keys.map((key) => call('GET', '/users/me/', { key })));
      expect(levels.filter(({ body }) => body.user_level >= 10)).toEqual([]);
    }
  });
});
