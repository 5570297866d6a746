import { describe, expect, it } from 'vitest';
import { generateKey } from '../../src/core/api-keys.ts';
import type { Verdict } from '../../src/verify/caller.ts';
import { del, envWith, get, patch, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { counted } from '../support/intercepted-database.ts';
import { keyOf, person, type SignedIn, signedInAdmin, signedInAs } from '../support/people.ts';
import { authenticate, callable, verify } from '../support/rpc.ts';
import {
  claimsOf,
  envWithInterchange,
  nowInSeconds,
  referenceToken,
  resigned,
  tokensOfExpiredSession,
} from '../support/wire-tokens.ts';

const refused = (reason: string) => ({ valid: false, reason });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** An admin changes a user. */
async function changed({ id }: { id: number }, fields: object): Promise<void> {
  const { access: token } = await signedInAdmin();
  const { status, text } = await patch(`/users/${id}/`, fields, { token });
  if (status !== 200) throw new Error(text);
}

async function deleted({ id }: { id: number }): Promise<void> {
  await del(`/users/${id}/`, { token: (await signedInAdmin()).access });
}

async function after(change: (who: SignedIn) => Promise<unknown>): Promise<SignedIn & { key: string }> {
  const who = await signedInAs();
  const key = await keyOf(who);
  await change(who);
  return { ...who, key };
}

const logout = ({ access: token }: SignedIn) => post('/auth/logout/', {}, { token });
const revoke = ({ access: token }: SignedIn) => post('/api-keys/revoke/', {}, { token });
const changePassword = (who: SignedIn) => changed(who, { password: 'another password' });
const deactivate = (who: SignedIn) => changed(who, { is_active: false });

describe('a credential that is good', () => {
  it('of a session tells who it is, what it may do now and when the token expires', async () => {
    const who = await signedInAs('view_user', 'add_user');
    const expected = {
      valid: true,
      userId: who.id,
      username: who.username,
      level: 1,
      permissions: ['add_user', 'view_user'],
      provenBy: 'session',
      expiresAt: new Date(claimsOf(who.access).exp * 1000),
    };
    expect(await verify(who.access)).toEqual(expected);
    expect(await authenticate(bearer(who.access))).toEqual(expected);
  });

  it('of an API key never expires by itself', async () => {
    const who = await signedInAs('view_user');
    const key = await keyOf(who);
    const expected = { userId: who.id, permissions: ['view_user'], provenBy: 'api_key', expiresAt: null };
    expect(await verify(key)).toMatchObject(expected);
    expect(await authenticate({ 'X-API-Key': key })).toMatchObject(expected);
    expect(await authenticate({ Authorization: `ApiKey ${key}` })).toMatchObject(expected);
  });

  it('of another server that shares its secret says so', async () => {
    const { id } = await person();
    const exp = nowInSeconds() + 60;
    expect(await verify(await referenceToken(id, { exp }), envWithInterchange())).toMatchObject({
      valid: true,
      userId: id,
      provenBy: 'interchange',
      expiresAt: new Date(exp * 1000),
    });
  });

  it('of an admin has every permission', async () => {
    const { access } = await signedInAdmin();
    const { body } = await get('/users/me/', { token: access });
    expect(body.permissions.length).toBeGreaterThan(10);
    expect(await verify(access)).toMatchObject({ level: 10, permissions: body.permissions });
  });

  it('has the permissions of this moment', async () => {
    const who = await signedInAs('view_user');
    await changed(who, { groups: [] });
    expect(await verify(who.access)).toMatchObject({ valid: true, permissions: [] });
  });
});

type Case = [what: string, reason: string | 'valid', trips: number, make: () => Promise<string>];

const CASES: Case[] = [
  ['an access token', 'valid', 1, async () => (await signedInAs()).access],
  ['an API key', 'valid', 1, async () => keyOf(await signedInAs())],
  ['an access token after its logout', 'login_ended', 1, async () => (await after(logout)).access],
  ['one after a new password', 'login_ended', 1, async () => (await after(changePassword)).access],
  [
    'one whose session is over',
    'login_ended',
    1,
    async () => (await tokensOfExpiredSession(await person())).access,
  ],
  ['one of a deactivated user', 'user_inactive', 1, async () => (await after(deactivate)).access],
  ['one of a deleted user', 'user_not_found', 1, async () => (await after(deleted)).access],
  ['a key after a new password', 'valid', 1, async () => (await after(changePassword)).key],
  ['a revoked key', 'key_unknown', 1, async () => (await after(revoke)).key],
  ['a replaced key', 'key_unknown', 1, async () => (await after(keyOf)).key],
  ['a key of a deactivated user', 'user_inactive', 1, async () => (await after(deactivate)).key],
  ['a key of a deleted user', 'key_unknown', 1, async () => (await after(deleted)).key],
  ['a key that nobody has', 'key_unknown', 1, async () => generateKey().reveal()],
  ['a mistyped key', 'key_unknown', 0, async () => `${generateKey().reveal().slice(0, -1)}-`],
  ['a refresh token', 'token_wrong_type', 0, async () => (await signedInAs()).refresh],
  [
    'an expired token',
    'token_expired',
    0,
    async () => resigned((await signedInAs()).access, { exp: nowInSeconds() - 1 }),
  ],
  ['a changed token', 'token_invalid', 0, async () => swapped((await signedInAs()).access)],
  ['a token without a type', 'token_invalid', 0, async () => without('token_type')],
  ['a token without an id', 'token_invalid', 0, async () => without('jti')],
  ['garbage', 'token_invalid', 0, async () => 'garbage'],
];

const without = async (claim: string): Promise<string> =>
  resigned((await signedInAs()).access, { [claim]: undefined });

/** The claims of one token under the signature of another. */
async function swapped(token: string): Promise<string> {
  const [header, , signature] = token.split('.');
  const [, payload] = (await signedInAs()).access.split('.');
  return `${header}.${payload}.${signature}`;
}

async function tripsOf(ask: (bindings: typeof env) => Promise<Verdict>): Promise<[Verdict, number]> {
  const { database, trips } = counted(env.DB);
  const verdict = await ask(envWith({ DB: database }) as typeof env);
  return [verdict, trips.filter(({ statements }) => !/^update/.test(statements[0] ?? '')).length];
}

describe.each(CASES)('%s', (_, outcome, trips, make) => {
  const expected = outcome === 'valid' ? expect.objectContaining({ valid: true }) : refused(outcome);

  it(`is ${outcome} to both methods, in ${trips} round trips`, async () => {
    const credential = await make();
    const headers = credential.startsWith('dsp_') ? { 'x-api-key': credential } : bearer(credential);
    expect(await tripsOf((bindings) => verify(credential, bindings))).toEqual([expected, trips]);
    expect(await tripsOf((bindings) => authenticate(headers, bindings))).toEqual([expected, trips]);
    expect(await authenticate(new Headers(headers))).toEqual(expected);
  });

  it('is to HTTP what it is here', async () => {
    const credential = await make();
    const sent = credential.startsWith('dsp_') ? { key: credential } : { token: credential };
    const { status } = await get('/users/me/', sent);
    expect(status === 200).toBe((await verify(credential)).valid);
  });
});

describe('of the headers', () => {
  it('a Bearer decides, else X-API-Key, else Authorization: ApiKey, as over HTTP', async () => {
    const [first, second] = [await signedInAs(), await signedInAs()];
    const [key, other] = [await keyOf(first), await keyOf(second)];
    const userOf = async (headers: object) => {
      const verdict = await authenticate(headers);
      return verdict.valid ? verdict.userId : verdict.reason;
    };
    expect(await userOf({ ...bearer(first.access), 'x-api-key': other })).toBe(first.id);
    expect(await userOf({ ...bearer('garbage'), 'x-api-key': other })).toBe('token_invalid');
    expect(await userOf({ authorization: `ApiKey ${key}`, 'x-api-key': other })).toBe(second.id);
    expect(await userOf({ authorization: 'Bearer', 'x-api-key': other })).toBe('malformed');
    expect(await userOf({ authorization: 'Basic YTpi' })).toBe('not_provided');
  });

  it('no other is looked at', async () => {
    const { access } = await signedInAs();
    for (const name of ['Cookie', 'X-Authorization', 'Proxy-Authorization', 'x-auth-token', 'constructor']) {
      expect(await authenticate({ [name]: `Bearer ${access}` })).toEqual(refused('not_provided'));
    }
    const others = { cookie: 7, accept: ['a', 'b'], 'x-a': null } as unknown as Record<string, string>;
    expect(await authenticate({ ...others, ...bearer(access) })).toMatchObject({ valid: true });
  });

  it('names match in any case, and one that stands there twice is refused', async () => {
    const { access } = await signedInAs();
    expect(await authenticate({ AUTHORIZATION: `Bearer ${access}` })).toMatchObject({ valid: true });
    const twice = { ...bearer(access), Authorization: `Bearer ${access}` };
    expect(await authenticate(twice)).toEqual(refused('malformed'));
    const appended = new Headers(bearer(access));
    appended.append('Authorization', `Bearer ${access}`);
    expect(await authenticate(appended)).toEqual(refused('malformed'));
  });

  it('one that is undefined is not there, as Node has it', async () => {
    const key = await keyOf(await signedInAs());
    expect(await authenticate({ authorization: undefined, 'x-api-key': key })).toMatchObject({ valid: true });
  });
});

const WRONG: [string, unknown][] = [
  ['null', null],
  ['undefined', undefined],
  ['a number', 7],
  ['a boolean', true],
  ['a list', [['authorization', 'Bearer x']]],
  ['a map', new Map([['authorization', 'Bearer x']])],
  ['a date', new Date()],
  ['a function', () => 'Bearer x'],
  ['a request', new Request('https://shop.example/', { headers: bearer('x') })],
  ['an object of another kind', Object.create({ authorization: 'Bearer x' })],
  ['a number for a header', { authorization: 7 }],
  ['a list of two for a header', { authorization: ['Bearer x', 'Bearer x'] }],
  ['an object for a header', { 'x-api-key': {} }],
];

describe('an argument that is no such thing', () => {
  it.each(WRONG)('(%s) is malformed and no failure', async (_, given) => {
    expect(await authenticate(given)).toEqual(refused('malformed'));
    expect(await verify(given)).toEqual(refused('malformed'));
  });

  it('(the other’s) is malformed', async () => {
    const { access } = await signedInAs();
    expect(await authenticate(`Bearer ${access}`)).toEqual(refused('malformed'));
    expect(await verify(bearer(access))).toEqual(refused('malformed'));
  });

  it('(text that is larger than any credential) is malformed', async () => {
    for (const text of ['x'.repeat(16_385), ' '.repeat(1 << 24), `dsp_${'x'.repeat(1 << 24)}`]) {
      expect(await verify(text)).toEqual(refused('malformed'));
      expect(await authenticate({ authorization: text })).toEqual(refused('malformed'));
      expect(await authenticate({ 'x-api-key': text })).toEqual(refused('malformed'));
    }
    expect(await verify('x'.repeat(16_384))).toEqual(refused('token_invalid'));
  });

  it('(empty) is no credential', async () => {
    expect(await verify('')).toEqual(refused('not_provided'));
    expect(await authenticate({})).toEqual(refused('not_provided'));
    expect(await authenticate(new Headers())).toEqual(refused('not_provided'));
  });
});

it('nothing but the two methods can be called', () => {
  expect(callable()).toEqual(['authenticate', 'verify']);
});
