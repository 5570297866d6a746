import { describe, expect, it } from 'vitest';
import { type Answer, get, patch, post, put } from '../support/api.ts';
import {
  keyOf,
  person,
  type SignedIn,
  signedInAdmin,
  signedInAs,
  signIn,
  uniqueName,
} from '../support/people.ts';

/** Members of `custom_properties` that only admins set. */
const SET_BY_ADMINS = {
  xc_password: 'secret of the player',
  allowed_networks: { XC: '10.0.0.0/8' },
  catchup_enabled: true,
  dvr_access: 'all',
  vod_movies_enabled: true,
  vod_series_enabled: false,
  allowed_m3u_profile_ids: [1, 2],
};
const { xc_password: _, allowed_networks: __, ...SEEN_BY_READERS } = SET_BY_ADMINS;
const MINE = { theme: 'dark' };

const own = async (who: SignedIn) => (await get('/users/me/', { token: who.access })).body.custom_properties;

describe('the members of custom_properties that belong to the administration', () => {
  it('are set by an admin at every door, by session and by key', async () => {
    const admin = await signedInAdmin();
    const custom_properties = { ...SET_BY_ADMINS, ...MINE };
    for (const as of [{ token: admin.access }, { key: await keyOf(admin) }]) {
      const fresh = { username: uniqueName(), password: 'long enough' };
      const made = await post('/users/', { ...fresh, custom_properties }, as);
      expect(made.body.custom_properties).toEqual(custom_properties);
      const { id, username } = await person();
      const changed = await patch(`/users/${id}/`, { custom_properties }, as);
      expect(changed.body.custom_properties).toEqual(custom_properties);
      const replaced = await put(`/users/${id}/`, { username, custom_properties: { dvr_access: null } }, as);
      expect(Object.keys(replaced.body.custom_properties)).not.toContain('dvr_access');
    }
  });

  it('are dropped from what a non-admin sends, at every door, for itself and for others', async () => {
    const helper = await signedInAs('add_user', 'change_user', 'view_user');
    const token = helper.access;
    const custom_properties = { ...SET_BY_ADMINS, ...MINE };
    const target = await signIn(await person({ userLevel: 0 }));
    const fresh = { username: uniqueName(), password: 'long enough' };
    const doors: [string, () => Promise<Answer>][] = [
      ['POST users/', () => post('/users/', { ...fresh, custom_properties }, { token })],
      ['PATCH users/{other}/', () => patch(`/users/${target.id}/`, { custom_properties }, { token })],
      ['PATCH users/{own}/', () => patch(`/users/${helper.id}/`, { custom_properties }, { token })],
      [
        'PUT users/{own}/',
        () => put(`/users/${helper.id}/`, { username: helper.username, custom_properties }, { token }),
      ],
      ['PATCH users/me/', () => patch('/users/me/', { custom_properties }, { token })],
      [
        'PATCH users/me/ by key',
        async () => patch('/users/me/', { custom_properties }, { key: await keyOf(helper) }),
      ],
    ];
    for (const [door, send] of doors) expect((await send()).body.custom_properties, door).toEqual(MINE);
    expect(await own(target)).toEqual(MINE);
    expect(await own(helper)).toEqual(MINE);
  });

  it('are dropped from what the key of an admin sends for its owner', async () => {
    const admin = await signedInAdmin();
    const key = await keyOf(admin);
    await patch('/users/me/', { custom_properties: { dvr_access: 'all' } }, { token: admin.access });
    const custom_properties = { ...SET_BY_ADMINS, ...MINE, dvr_access: null };
    expect((await patch('/users/me/', { custom_properties }, { key })).status).toBe(200);
    expect(await own(admin)).toEqual({ ...MINE, dvr_access: 'all' });
  });

  it('stay when a non-admin deletes them, or sends back the user as it sees it', async () => {
    const helper = await signedInAs('change_user', 'view_user');
    const token = helper.access;
    const target = await signIn(await person({ customProperties: { ...SET_BY_ADMINS, ...MINE } }));
    const path = `/users/${target.id}/`;
    const nulls = Object.fromEntries(Object.keys(SET_BY_ADMINS).map((name) => [name, null]));
    expect((await patch(path, { custom_properties: nulls }, { token })).status).toBe(200);
    expect((await put(path, (await get(path, { token })).body, { token })).status).toBe(200);
    expect(await own(target)).toEqual({ ...SET_BY_ADMINS, ...MINE });
  });
});

describe('xc_password and allowed_networks', () => {
  const both = { ...SET_BY_ADMINS, ...MINE };
  const seen = { ...SEEN_BY_READERS, ...MINE };

  it('are shown to the user itself, by session and by key', async () => {
    const who = await signIn(await person({ customProperties: both }));
    expect(await own(who)).toEqual(both);
    const made = await post('/api-keys/generate/', undefined, { token: who.access });
    expect(made.body.user.custom_properties).toEqual(both);
    const byKey = await patch('/users/me/', { first_name: 'Ada' }, { key: made.body.key });
    expect(byKey.body.custom_properties).toEqual(both);
  });

  it('are shown to a helper of its own user only, wherever users are answered', async () => {
    const caller = await person({ customProperties: both }, [
      'view_user',
      'add_user',
      'change_user',
      'add_apikey',
    ]);
    const helper = await signIn(caller);
    const token = helper.access;
    const target = await person({ username: uniqueName(), customProperties: both });
    const admin = await person({ userLevel: 10, customProperties: both });
    const answers = [
      (await get(`/users/${target.id}/`, { token })).body,
      (await get(`/users/${admin.id}/`, { token })).body,
      (await get(`/users/?search=${target.username}`, { token })).body[0],
      (await get(`/users/?search=${admin.username}&page=1`, { token })).body.results[0],
      (await patch(`/users/${target.id}/`, { first_name: 'Ada' }, { token })).body,
      (await put(`/users/${target.id}/`, { username: target.username }, { token })).body,
      (await post('/api-keys/', { user_id: target.id }, { token })).body.user,
    ];
    for (const answer of answers) expect(answer.custom_properties).toEqual(seen);
    expect((await get(`/users/${helper.id}/`, { token })).body.custom_properties).toEqual(both);
  });

  it('are shown to admins', async () => {
    const { access: token } = await signedInAdmin();
    const target = await person({ customProperties: both });
    expect((await get(`/users/${target.id}/`, { token })).body.custom_properties).toEqual(both);
    const [listed] = (await get(`/users/?search=${target.username}`, { token })).body;
    expect(listed.custom_properties).toEqual(both);
  });
});
