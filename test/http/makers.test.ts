import { describe, expect, it } from 'vitest';
import { type Call, patch, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { asAdmin, helper, keyMadeBy, makersOf, works } from '../support/makers.ts';
import { keyOf, type Person, person, signedInAdmin, signIn, uniqueName } from '../support/people.ts';
import { envWithInterchange, referenceToken } from '../support/wire-tokens.ts';

describe('who made a key is', () => {
  it('its user, an admin who is signed in, or someone else', async () => {
    const who = await signIn(await person());
    const anAdmin = await signedInAdmin();
    await keyOf(who);
    expect((await makersOf(who.id)).keys).toEqual(['own']);
    await keyMadeBy({ token: anAdmin.access }, who.id);
    expect((await makersOf(who.id)).keys).toEqual(['admin']);
    await keyMadeBy({ token: (await helper()).access }, who.id);
    expect((await makersOf(who.id)).keys).toEqual(['other']);
  });

  it('someone else, if an admin comes with the token of another server', async () => {
    const [who, boss] = [await person(), await signedInAdmin()];
    const as = { token: await referenceToken(boss.id), env: envWithInterchange() };
    await post('/api-keys/', { user_id: who.id }, as);
    expect((await patch(`/users/${who.id}/`, { password: 'a new password' }, as)).status).toBe(200);
    expect(await makersOf(who.id)).toEqual({ password: 'other', keys: ['other'] });
  });

  it.each([
    ['own', async ({ id }: Person, as: Call) => (await post('/api-keys/generate/', {}, as)).body.key ?? id],
    ['admin', async ({ id }: Person) => keyMadeBy(await asAdmin(), id)],
    ['other', async ({ id }: Person) => keyMadeBy({ token: (await helper()).access }, id)],
  ])('handed on when it replaces itself: %s', async (maker, make) => {
    const who = await signIn(await person());
    const key = await make(who, { token: who.access });
    const { body } = await post('/api-keys/generate/', {}, { key });
    expect(await works(body.key)).toBe(true);
    expect((await makersOf(who.id)).keys).toEqual([maker]);
  });
});

describe('who set a password is', () => {
  const password = 'a new password';

  it('its user, an admin who is signed in, or someone else', async () => {
    const who = await signIn(await person());
    expect((await makersOf(who.id)).password).toBe('admin');
    await patch('/users/me/', { password }, { token: who.access });
    expect((await makersOf(who.id)).password).toBe('own');
    await patch(`/users/${who.id}/`, { password }, { token: (await helper()).access });
    expect((await makersOf(who.id)).password).toBe('other');
    await patch(`/users/${who.id}/`, { password }, await asAdmin());
    expect((await makersOf(who.id)).password).toBe('admin');
    await patch(`/users/${who.id}/`, { password }, { key: await keyOf(await signedInAdmin()) });
    expect((await makersOf(who.id)).password).toBe('other');
  });

  it.each([
    ['admin', asAdmin],
    ['other', async () => ({ token: (await helper()).access })],
    ['other', async () => ({ key: await keyOf(await signedInAdmin()) })],
  ] as const)('of a new user: %s', async (maker, as) => {
    const { body } = await post('/users/', { username: uniqueName(), password }, await as());
    expect((await makersOf(body.id)).password).toBe(maker);
  });

  it('the same after a hash is replaced by a stronger one', async () => {
    const who = await person();
    await patch(`/users/${who.id}/`, { password }, { token: (await helper()).access });
    const env2 = { ...env, PASSWORD_ITERATIONS: '2000' };
    const login = await post('/token/', { username: who.username, password }, { env: env2 });
    expect(login.status).toBe(200);
    expect((await makersOf(who.id)).password).toBe('other');
  });
});
