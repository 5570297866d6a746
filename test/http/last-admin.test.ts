import { describe, expect, it } from 'vitest';
import { call, del, patch } from '../support/api.ts';
import { keyOf, person, signedInAdmin } from '../support/people.ts';
import { removeAdmins, storedState } from '../support/state.ts';

describe('the last active admin', () => {
  const REFUSED = { status: 400, body: { detail: expect.stringMatching(/last active admin/) } };
  const removals = (id: number, username: string): [string, string, unknown?][] => [
    ['PATCH', `/users/${id}/`, { user_level: 9 }],
    ['PATCH', `/users/${id}/`, { user_level: '0', is_active: true }],
    ['PATCH', `/users/${id}/`, { is_active: false }],
    ['PUT', `/users/${id}/`, { username, user_level: 10, is_active: 'off' }],
    ['DELETE', `/users/${id}/`],
  ];

  it('cannot be deleted, demoted or deactivated while the only other admin is inactive', async () => {
    await removeAdmins();
    const last = await signedInAdmin();
    await person({ userLevel: 10, isActive: false });
    const key = await keyOf(last);
    const before = await storedState();
    for (const [method, path, body] of removals(last.id, last.username)) {
      expect(await call(method, path, { token: last.access, body })).toMatchObject(REFUSED);
      expect((await call(method, path, { key, body })).status).toBe(403);
    }
    expect(await storedState()).toEqual(before);
    const kept = await patch(
      `/users/${last.id}/`,
      { user_level: 11, is_active: true },
      { token: last.access },
    );
    expect(kept.body).toMatchObject({ user_level: 11, is_active: true });
  });

  it('can go, by itself or another, once there is a second active admin', async () => {
    await removeAdmins();
    const keeper = await signedInAdmin();
    for (const index of [0, 1, 2, 3, 4]) {
      for (const caller of [keeper, undefined]) {
        const second = await signedInAdmin();
        const [method, path, body] = removals(second.id, second.username)[index] ?? ['', ''];
        const answer = await call(method, path, { token: (caller ?? second).access, body });
        expect(answer.status, `${method} ${JSON.stringify(body)}`).toBe(method === 'DELETE' ? 204 : 200);
      }
    }
  });

  it('can remove an inactive admin', async () => {
    await removeAdmins();
    const last = await signedInAdmin();
    const inactive = await person({ userLevel: 10, isActive: false });
    expect((await del(`/users/${inactive.id}/`, { token: last.access })).status).toBe(204);
  });
});
