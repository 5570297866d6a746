import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/env.ts';
import { createVerifier } from '../../src/verify/index.ts';
import { envWith, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { newJwk, publicPart, setOf } from '../support/jwks.ts';
import { person, signedInAs } from '../support/people.ts';
import { verify } from '../support/rpc.ts';
import { nowInSeconds, resigned } from '../support/wire-tokens.ts';

/** The public keys of these bindings, as anyone may have them. */
async function published(jwtKeys = env.JWT_KEYS) {
  const keys = JSON.parse(jwtKeys).keys.map(async (jwk: object) => {
    const part = publicPart(jwk);
    return { ...part, kid: await calculateJwkThumbprint(part), use: 'sig' };
  });
  return { keys: await Promise.all(keys) };
}

describe('tokens of the service itself', () => {
  it('are taken offline, with the user and the end that the service tells', async () => {
    const { access, refresh, id } = await signedInAs('view_user');
    const offline = createVerifier({ jwks: await published() });
    const {
      permissions: _,
      username: __,
      level: ___,
      ...known
    } = { ...(await verify(access)) } as Record<string, unknown>;
    expect(known).toMatchObject({ valid: true, userId: id });
    expect(await offline.verify(access)).toEqual({
      ...known,
      permissions: null,
      username: null,
      level: null,
    });
    expect(await offline.verify(refresh)).toEqual({ valid: false, reason: 'token_wrong_type' });
  });

  it.each(['ES256', 'EdDSA'] as const)('are taken offline when signed with %s', async (alg) => {
    const JWT_KEYS = setOf(await newJwk(alg));
    const bindings = {
      env: envWith({ JWT_KEYS, JWT_ISSUER: 'https://accounts.example', JWT_AUDIENCE: 'shop' }),
    };
    const { username, password, id } = await person();
    const { body } = await post('/token/', { username, password }, bindings);
    const jwks = await published(JWT_KEYS);
    const ours = { issuer: 'https://accounts.example', audience: 'shop' };
    expect(await createVerifier({ jwks, ...ours }).verify(body.access)).toMatchObject({
      valid: true,
      userId: id,
    });
    expect(await createVerifier({ jwks, ...ours, audience: 'bank' }).verify(body.access)).toEqual({
      valid: false,
      reason: 'token_invalid',
    });
  });

  it('are taken offline when they last as long as any may', async () => {
    const bindings = { env: envWith({ ACCESS_TOKEN_TTL_SECONDS: '86400' }) };
    const { username, password, id } = await person();
    const { body } = await post('/token/', { username, password }, bindings);
    const offline = createVerifier({ jwks: await published() });
    expect(await offline.verify(body.access)).toMatchObject({ valid: true, userId: id });
    const longer = parseConfig(envWith({ ACCESS_TOKEN_TTL_SECONDS: '86401' }));
    expect(longer).toMatchObject({ valid: false });
  });

  it('stay good offline after their logout, and nowhere else', async () => {
    const { access } = await signedInAs();
    await post('/auth/logout/', {}, { token: access });
    expect(await verify(access)).toEqual({ valid: false, reason: 'login_ended' });
    expect(await createVerifier({ jwks: await published() }).verify(access)).toMatchObject({ valid: true });
  });
});

describe('what is wrong with a token', () => {
  const changes: [string, Record<string, unknown>, Record<string, unknown>?][] = [
    ['expired', { exp: nowInSeconds() - 1 }],
    ['without an end', { exp: undefined }],
    ['ending beyond all dates', { exp: 9e15 }],
    ['from the future', { iat: nowInSeconds() + 1200 }],
    ['ahead by a little', { iat: nowInSeconds() + 5 }],
    ['not yet good', { nbf: nowInSeconds() + 1200 }],
    ['without a type', { token_type: undefined }],
    ['of another type', { token_type: 'sliding' }],
    ['a refresh token by its claim', { token_type: 'refresh' }],
    ['a refresh token by its typ', {}, { typ: 'rt+jwt' }],
    ['without typ', {}, { typ: undefined }],
    ['with the whole media type', {}, { typ: 'application/at+jwt' }],
    ['without an id', { jti: undefined }],
    ['without a session', { sid: undefined }],
    ['of user 0', { user_id: '0' }],
    ['with an unknown kid', {}, { kid: 'another' }],
    ['without a kid', {}, { kid: undefined }],
    ['critical in a way that nobody knows', {}, { crit: ['b64'], b64: true }],
  ];

  it.each(changes)('(%s) is to the verifier what it is to the service', async (_, claims, header) => {
    const token = await resigned((await signedInAs()).access, claims, header).catch(() => 'garbage');
    const [here, offline] = [
      await verify(token),
      await createVerifier({ jwks: await published() }).verify(token),
    ];
    const outcomeOf = (verdict: { valid: boolean; reason?: string }) => verdict.reason ?? verdict.valid;
    // The one difference: offline no user is looked up, so one that cannot be is no token of the service.
    expect(outcomeOf(offline)).toBe(outcomeOf(here) === 'user_not_found' ? 'token_invalid' : outcomeOf(here));
  });
});
