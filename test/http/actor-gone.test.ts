import { describe, expect, it } from 'vitest';
import {
  type Answer,
  type Call,
  call,
  del,
  envWith,
  get,
  ORIGIN,
  patch,
  post,
  put,
  send,
} from '../support/api.ts';
import { env } from '../support/env.ts';
import { beforeFirstBatch } from '../support/intercepted-database.ts';
import {
  groupOf,
  keyOf,
  person,
  type SignedIn,
  signedInAdmin,
  signedInAs,
  uniqueName,
} from '../support/people.ts';
import { storedState } from '../support/state.ts';

type Other = { id: number; keyId: number; group: number };
type Write = (of: Other, as: Call, actor: SignedIn) => Promise<Answer>;

const WRITES: [string, Write][] = [
  ['changes its password', (_, as) => patch('/users/me/', { password: 'a new password' }, as)],
  ['ends its logins', (_, as) => post('/auth/logout/?scope=global', undefined, as)],
  ['changes its name', (_, as) => patch('/users/me/', { first_name: 'New' }, as)],
  [
    'creates an admin',
    (_, as) => post('/users/', { username: uniqueName(), password: 'x'.repeat(8), user_level: 10 }, as),
  ],
  ['makes an admin', ({ id }, as) => patch(`/users/${id}/`, { user_level: 10 }, as)],
  [
    'resets a password',
    ({ id }, as) => put(`/users/${id}/`, { username: uniqueName(), password: 'x'.repeat(8) }, as),
  ],
  ['deletes a user', ({ id }, as) => del(`/users/${id}/`, as)],
  ['makes a key', (_, as) => post('/api-keys/generate/', undefined, as)],
  ['makes a key for another', ({ id }, as) => post('/api-keys/', { user_id: id }, as)],
  ['revokes a key of another', ({ id }, as) => post('/api-keys/revoke/', { user_id: id }, as)],
  ['revokes a key by its id', ({ keyId }, as) => del(`/api-keys/${keyId}/`, as)],
  ['creates a group', (_, as) => post('/groups/', { name: uniqueName(), permissions: [1] }, as)],
  ['changes a group', ({ group }, as) => patch(`/groups/${group}/`, { permissions: [1] }, as)],
  ['deletes a group', ({ group }, as) => del(`/groups/${group}/`, as)],
];

async function someoneElse(): Promise<Other> {
  const who = await signedInAs();
  await keyOf(who);
  const [{ id: keyId }] = (await get('/api-keys/', { token: who.access })).body.results;
  return { id: who.id, keyId, group: await groupOf(['view_user']) };
}

/** Sends `write` and makes `change` when all was looked up and nothing is written yet. */
async function lateWrite(
  write: Write,
  actor: SignedIn,
  change: (boss: SignedIn) => Promise<unknown>,
  as: Call,
) {
  const [boss, other] = [await signedInAdmin(), await someoneElse()];
  let before: unknown;
  const DB = beforeFirstBatch(env.DB, async () => {
    await change(boss);
    before = await storedState();
  });
  const answer = await write(other, { ...as, env: envWith({ DB }) }, actor);
  expect(await storedState(), 'what was stored').toEqual(before);
  return answer;
}

describe('a write whose actor is gone when it is stored changes nothing: an admin', () => {
  it.each(WRITES)('%s, and its session has ended', async (_, write) => {
    const actor = await signedInAdmin();
    const end = () => post('/auth/logout/', undefined, { token: actor.access });
    const answer = await lateWrite(write, actor, end, { token: actor.access });
    expect(answer).toMatchObject({ status: 401, body: { code: 'token_not_valid' } });
  });

  it.each(WRITES)('%s, and is no longer active', async (_, write) => {
    const actor = await signedInAdmin();
    const disable = (boss: SignedIn) =>
      patch(`/users/${actor.id}/`, { is_active: false }, { token: boss.access });
    const answer = await lateWrite(write, actor, disable, { token: actor.access });
    expect(answer).toMatchObject({ status: 401, body: { code: 'user_inactive' } });
  });

  it.each(WRITES)('%s, and is deleted', async (_, write) => {
    const actor = await signedInAdmin();
    const remove = (boss: SignedIn) => del(`/users/${actor.id}/`, { token: boss.access });
    const answer = await lateWrite(write, actor, remove, { token: actor.access });
    expect(answer).toMatchObject({ status: 401, body: { code: 'user_not_found' } });
  });

  it.each(WRITES.filter(([name]) => !/ its |makes a key$/.test(name)))(
    '%s, and is demoted',
    async (_, write) => {
      const actor = await signedInAdmin();
      const demote = (boss: SignedIn) =>
        patch(`/users/${actor.id}/`, { user_level: 1 }, { token: boss.access });
      expect((await lateWrite(write, actor, demote, { token: actor.access })).status).toBe(403);
    },
  );

  it('makes a key by its key, and that one is revoked', async () => {
    const actor = await signedInAdmin();
    const key = await keyOf(actor);
    const revoke = () => post('/api-keys/revoke/', undefined, { token: actor.access });
    const write: Write = (_, as) => post('/api-keys/generate/', undefined, as);
    const answer = await lateWrite(write, actor, revoke, { key });
    expect(answer).toMatchObject({ status: 401, body: { detail: 'Invalid API key' } });
  });
});

it('a helper that loses its right before the write changes nothing', async () => {
  const group = await groupOf(['change_user']);
  const helper = await person({ groups: [group] });
  const { body } = await post('/token/', helper);
  const actor = { ...helper, access: body.access, refresh: body.refresh };
  const write: Write = ({ id }, as) => patch(`/users/${id}/`, { first_name: 'New' }, as);
  const lose = (boss: SignedIn) => del(`/groups/${group}/`, { token: boss.access });
  expect((await lateWrite(write, actor, lose, { token: actor.access })).status).toBe(403);
});

it.each([
  ['its level', { userLevel: 5 }, { user_level: 1 }],
  ['its flag', { isStaff: true }, { is_staff: false }],
] as const)(
  'a helper that loses %s before the write sets no password of a user who has the same',
  async (_, rank, loss) => {
    const helper = await person(rank, ['change_user']);
    const { body } = await post('/token/', helper);
    const actor = { ...helper, access: body.access, refresh: body.refresh };
    const peer = await person(rank);
    const write: Write = (__, as) => patch(`/users/${peer.id}/`, { password: 'a new password' }, as);
    const demote = (boss: SignedIn) => patch(`/users/${helper.id}/`, loss, { token: boss.access });
    expect((await lateWrite(write, actor, demote, { token: actor.access })).status).toBe(403);
  },
);

it('a write that needs no right is not lost when its actor loses one meanwhile', async () => {
  const group = await groupOf(['change_user']);
  const helper = await person({ groups: [group] });
  const { body } = await post('/token/', helper);
  const boss = await signedInAdmin();
  const DB = beforeFirstBatch(env.DB, () => del(`/groups/${group}/`, { token: boss.access }));
  const changed = await patch(
    '/users/me/',
    { first_name: 'New' },
    { token: body.access, env: envWith({ DB }) },
  );
  expect(changed).toMatchObject({ status: 200, body: { first_name: 'New', groups: [] } });
});

it.each<[string, Write]>([
  ['changes its password', (_, as) => patch('/users/me/', { password: 'a new password' }, as)],
  ['makes a key', (_, as) => post('/api-keys/generate/', undefined, as)],
])('a user that gains a right meanwhile is not refused for holding it: %s', async (_, write) => {
  const [actor, boss] = [await signedInAs(), await signedInAdmin()];
  const promote = () => patch(`/users/${actor.id}/`, { user_level: 10 }, { token: boss.access });
  const late = { token: actor.access, env: envWith({ DB: beforeFirstBatch(env.DB, promote) }) };
  expect([200, 201]).toContain((await write(await someoneElse(), late, actor)).status);
});

it('a whole user that was read before a deactivation does not undo it', async () => {
  const [{ id, username }, one, other] = [await person(), await signedInAdmin(), await signedInAdmin()];
  const shutOut = () => patch(`/users/${id}/`, { is_active: false }, { token: other.access });
  const late = { token: one.access, env: envWith({ DB: beforeFirstBatch(env.DB, shutOut) }) };
  const answer = await put(`/users/${id}/`, { username, first_name: 'New', is_active: true }, late);
  expect(answer).toMatchObject({ status: 200, body: { first_name: 'New', is_active: false } });
});

it('a body that breaks off is the client’s fault', async () => {
  const { access } = await signedInAs();
  const body = new ReadableStream({
    type: 'bytes',
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"first_name":'));
      controller.error(new Error('gone'));
    },
  });
  const headers = { Authorization: `Bearer ${access}`, 'Content-Type': 'application/json' };
  const answer = await send(
    new Request(`${ORIGIN}/api/accounts/users/me/`, { method: 'PATCH', headers, body }),
  );
  expect([answer.status, await answer.json()]).toEqual([400, { detail: 'The request body broke off.' }]);
});

it('a body that is held back is judged by the credentials that hold when it has arrived', async () => {
  const who = await signedInAs();
  let finish = () => {};
  const body = new ReadableStream({
    type: 'bytes',
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"password":'));
      finish = () => {
        controller.enqueue(new TextEncoder().encode('"taken over"}'));
        controller.close();
      };
    },
  });
  const headers = { Authorization: `Bearer ${who.access}`, 'Content-Type': 'application/json' };
  const held = send(new Request(`${ORIGIN}/api/accounts/users/me/`, { method: 'PATCH', headers, body }));
  await call('POST', '/auth/logout/', { token: who.access });
  finish();
  expect((await held).status).toBe(401);
  expect((await post('/token/', who)).status).toBe(200);
});

it('is 401 for one that was deleted before its current password could be read', async () => {
  const actor = await signedInAs();
  const DB = beforeFirstBatch(env.DB, () =>
    env.DB.prepare('delete from users where id = ?').bind(actor.id).run(),
  );
  const changes = { password: 'a new password', current_password: actor.password };
  const answer = await patch('/users/me/', changes, { token: actor.access, env: envWith({ DB }) });
  expect(answer).toMatchObject({ status: 401, body: { code: 'user_not_found' } });
});
