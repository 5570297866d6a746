import { describe, expect, it } from 'vitest';
import { idsOf, type Permission } from '../../src/core/permissions.ts';
import { type Call, get, patch, post, put } from '../support/api.ts';
import { env } from '../support/env.ts';
import { asAdmin, helper, keyMadeBy, makersOf, works } from '../support/makers.ts';
import { groupOf, keyOf, person, signedInAdmin, signedInAs, signIn, uniqueName } from '../support/people.ts';
import { storedState } from '../support/state.ts';

/** Every way in which an admin gives rights to a user. */
const PROMOTIONS: [string, (id: number, as: Call) => Promise<{ status: number }>][] = [
  ['the level of an admin', (id, as) => patch(`/users/${id}/`, { user_level: 10 }, as)],
  ['level two', (id, as) => patch(`/users/${id}/`, { user_level: 2 }, as)],
  ['the staff flag', (id, as) => patch(`/users/${id}/`, { is_staff: true }, as)],
  ['the superuser flag', (id, as) => patch(`/users/${id}/`, { is_superuser: true }, as)],
  [
    'a group',
    async (id, as) => patch(`/users/${id}/`, { groups: [await groupOf(['view_user', 'view_group'])] }, as),
  ],
  [
    'a group, by PUT',
    async (id, as) =>
      put(`/users/${id}/`, { username: uniqueName(), groups: [await groupOf(['add_user'])] }, as),
  ],
  [
    'more permissions of a group that it is in',
    async (id, as) => {
      const group = await groupOf([]);
      await patch(`/users/${id}/`, { groups: [group] }, as);
      return patch(`/groups/${group}/`, { permissions: [3, 4] }, as);
    },
  ],
  [
    'other permissions of a group that it is in',
    async (id, as) => {
      const group = await groupOf([]);
      await patch(`/users/${id}/`, { groups: [group] }, as);
      return put(`/groups/${group}/`, { name: uniqueName(), permissions: [12] }, as);
    },
  ],
];

describe('while someone else has set the password', () => {
  const password = 'known to the helper';
  const planted = async () => {
    const who = await person();
    await patch(`/users/${who.id}/`, { password }, { token: (await helper()).access });
    return signIn({ ...who, password });
  };

  it('what its user makes counts as made by someone else, a new password too', async () => {
    const who = await planted();
    await keyOf(who);
    const own = { password: 'chosen by the user', current_password: password };
    expect((await patch('/users/me/', own, { token: who.access })).status).toBe(200);
    expect(await makersOf(who.id)).toEqual({ password: 'other', keys: ['other'] });
    await keyMadeBy(await asAdmin(), who.id);
    expect((await makersOf(who.id)).keys).toEqual(['other']);
  });

  it.each(PROMOTIONS)('the user is not given %s, and nothing changes', async (_, promote) => {
    const as = await asAdmin();
    const who = await planted();
    const kept = await makersOf(who.id);
    const { status, body } = (await promote(who.id, as)) as { status: number; body: unknown };
    expect([status, body]).toEqual([
      409,
      { detail: expect.stringContaining('password'), user_ids: [who.id] },
    ]);
    const { user_level, is_staff, is_superuser, username } = (await get(`/users/${who.id}/`, as)).body;
    expect([user_level, is_staff, is_superuser, username]).toEqual([1, false, false, who.username]);
    expect((await get('/users/me/', { token: who.access })).body.permissions).toEqual([]);
    expect(await makersOf(who.id)).toEqual(kept);
  });

  it.each([
    ['level one', { user_level: 1 }],
    ['level zero', { user_level: 0 }],
    ['another name', { first_name: 'Ada' }],
    ['a deactivation', { is_active: false }],
  ])('the user can still be given %s', async (_, change) => {
    const who = await planted();
    expect((await patch(`/users/${who.id}/`, change, await asAdmin())).status).toBe(200);
  });

  it('the user can be put into a group that gives nothing new, and taken out of one', async () => {
    const as = await asAdmin();
    const [one, two] = [await groupOf(['view_user']), await groupOf(['view_user'])];
    const who = await person({ groups: [one] });
    const peer = await signedInAs('change_user', 'view_user');
    expect((await patch(`/users/${who.id}/`, { password }, { token: peer.access })).status).toBe(200);
    expect((await patch(`/users/${who.id}/`, { groups: [one, two] }, as)).status).toBe(200);
    expect((await patch(`/users/${who.id}/`, { groups: [two] }, as)).status).toBe(200);
    expect((await patch(`/groups/${one}/`, { permissions: [4, 8] }, as)).status).toBe(200);
    expect((await patch(`/groups/${two}/`, { permissions: [] }, as)).status).toBe(200);
    expect((await patch(`/groups/${two}/`, { permissions: [4] }, as)).status).toBe(409);
  });

  it('an admin gives rights together with a new password, by session only', async () => {
    const who = await planted();
    const change = { user_level: 10, password: 'known to the admin' };
    const promoted = await patch(`/users/${who.id}/`, change, await asAdmin());
    expect(promoted).toMatchObject({ status: 200, body: { user_level: 10 } });
    expect((await get('/users/me/', { token: who.access })).status).toBe(401);
    expect((await post('/token/', { username: who.username, password })).status).toBe(401);
    expect(await makersOf(who.id)).toEqual({ password: 'admin', keys: [] });
  });

  it('an admin cannot promote itself by a new password of its own', async () => {
    const boss = await signedInAdmin();
    await env.DB.prepare("update users set password_set_by = 'other' where id = ?").bind(boss.id).run();
    const change = { is_superuser: true, password: 'chosen by itself' };
    expect((await patch(`/users/${boss.id}/`, change, { token: boss.access })).status).toBe(409);
  });

  it('a group names the first 20 of the members who would gain and whose passwords are set by someone else', async () => {
    const as = await asAdmin();
    const group = await groupOf([]);
    const others = await groupOf(['view_group']);
    const ids: number[] = [];
    for (let i = 0; i < 22; i++) ids.push((await person({ groups: [group] })).id);
    const [holder, chief, fine] = [
      await person({ groups: [group, others] }),
      await person({ groups: [group], userLevel: 10 }),
      await person({ groups: [group] }),
    ];
    await env.DB.prepare(
      `update users set password_set_by = 'other' where id in (select value from json_each(?))`,
    )
      .bind(JSON.stringify([...ids, holder.id, chief.id]))
      .run();
    const before = await storedState();
    const refused = await patch(`/groups/${group}/`, { permissions: [8], name: uniqueName() }, as);
    expect(refused.status).toBe(409);
    expect(refused.body.user_ids).toEqual(ids.slice(0, 20));
    const named = new Set<number>(refused.body.user_ids);
    expect([...named].every((id) => ids.includes(id))).toBe(true);
    expect([holder.id, chief.id, fine.id].some((id) => named.has(id))).toBe(false);
    expect(await storedState()).toEqual(before);
  });
});

describe('when the rights of a user grow', () => {
  it.each(PROMOTIONS)(
    'by %s, keys by others are gone, and keys of its own and of admins stay',
    async (_, promote) => {
      const as = await asAdmin();
      const [helped, self, given] = [await person(), await signIn(await person()), await person()];
      const planted = await keyMadeBy({ token: (await helper()).access }, helped.id);
      const own = await keyOf(self);
      const byAdmin = await keyMadeBy(as, given.id);
      for (const { id } of [helped, self, given]) expect((await promote(id, as)).status).toBe(200);
      expect([await works(planted), await works(own), await works(byAdmin)]).toEqual([false, true, true]);
      expect((await makersOf(helped.id)).keys).toEqual([]);
    },
  );

  it('each key that goes is recorded, as done by the admin', async () => {
    const boss = await signedInAdmin();
    const who = await person();
    const { body: key } = await post(
      '/api-keys/',
      { user_id: who.id, name: 'planted' },
      { token: (await helper()).access },
    );
    await patch(`/users/${who.id}/`, { user_level: 10 }, { token: boss.access });
    const { body } = await get(`/audit-events/?event=authn_token_revoked&user_id=${who.id}`, {
      token: boss.access,
    });
    expect(body.results).toMatchObject([
      { actor_id: boss.id, detail: { api_key_id: key.id, name: 'planted' } },
    ]);
  });

  it('nothing goes by a change that gives no right', async () => {
    const as = await asAdmin();
    const who = await person({}, ['view_user', 'view_group']);
    const peer = await signedInAs('add_apikey', 'view_user', 'view_group', 'change_user');
    const key = await keyMadeBy({ token: peer.access }, who.id);
    const same = await groupOf(['view_user']);
    const { groups } = (await get(`/users/${who.id}/`, as)).body;
    for (const change of [
      { groups: [...groups, same] },
      { user_level: 0 },
      { user_level: 1 },
      { first_name: 'Ada', is_active: true, is_staff: false },
      { groups: [same] },
    ])
      expect((await patch(`/users/${who.id}/`, change, as)).status).toBe(200);
    expect(await works(key)).toBe(true);
    // `view_group` was taken away meanwhile: given again, it is a gain.
    expect((await patch(`/users/${who.id}/`, { groups: [...groups] }, as)).status).toBe(200);
    expect(await works(key)).toBe(false);
  });

  it('members of a group who hold the permission already keep their keys', async () => {
    const as = await asAdmin();
    const permission: Permission = 'view_user';
    const [first, second] = [await groupOf([permission]), await groupOf([])];
    const [holder, gainer] = [await person({ groups: [first, second] }), await person({ groups: [second] })];
    const peer = { token: (await signedInAs('add_apikey', permission)).access };
    const [kept, gone] = [await keyMadeBy(peer, holder.id), await keyMadeBy(peer, gainer.id)];
    const permissions = idsOf(new Set([permission]));
    expect((await patch(`/groups/${second}/`, { permissions }, as)).status).toBe(200);
    expect([await works(kept), await works(gone)]).toEqual([true, false]);
  });

  it('a name in use is the answer for a group, whatever else is wrong', async () => {
    const as = await asAdmin();
    const [group] = [await groupOf([]), await groupOf([], 'another name in use')];
    const who = await person({ groups: [group] });
    await patch(`/users/${who.id}/`, { password: 'planted password' }, { token: (await helper()).access });
    const taken = { name: 'another name in use', permissions: [4] };
    expect((await patch(`/groups/${group}/`, taken, as)).status).toBe(400);
  });

  it('a refused change of a group takes no key', async () => {
    const as = await asAdmin();
    const [group, other] = [await groupOf([]), await groupOf([], 'a name in use')];
    const who = await person({ groups: [group] });
    const key = await keyMadeBy({ token: (await helper()).access }, who.id);
    const taken = { name: 'a name in use', permissions: [4] };
    expect([other > 0, (await patch(`/groups/${group}/`, taken, as)).status]).toEqual([true, 400]);
    expect(await works(key)).toBe(true);
  });

  it('a race of promotions and plants leaves no planted credential that opens the new rights', async () => {
    const as = await asAdmin();
    const token = (await helper()).access;
    for (let round = 0; round < 4; round++) {
      const who = await person();
      const group = await groupOf(['delete_user']);
      const answers = await Promise.all([
        post('/api-keys/', { user_id: who.id }, { token }),
        patch(`/users/${who.id}/`, { groups: [group] }, as),
        patch(`/users/${who.id}/`, { password: 'planted password' }, { token }),
        post('/api-keys/', { user_id: who.id }, { token }),
        patch(`/users/${who.id}/`, { groups: [group] }, as),
        post('/api-keys/', { user_id: who.id }, { token }),
        patch(`/users/${who.id}/`, { password: 'planted password' }, { token }),
        post('/api-keys/', { user_id: who.id }, { token }),
      ]);
      const opens = (await post('/token/', { username: who.username, password: 'planted password' })).status;
      const { permissions } = await get(`/users/${who.id}/`, as).then(async ({ body }) => ({
        permissions: body.groups.length,
      }));
      for (const { body } of answers) {
        if (typeof body.key !== 'string' || !(await works(body.key))) continue;
        expect(permissions).toBe(0);
      }
      if (permissions > 0) expect(opens).toBe(401);
    }
  });
});
