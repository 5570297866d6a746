import { beforeAll, describe, expect, it } from 'vitest';
import type { SigningKeys } from '../../src/core/signing-keys.ts';
import { verifyToken } from '../../src/core/tokens.ts';
import { newJwk, parsed, publicPart, secretJwk } from '../support/jwks.ts';
import { compact, minted, NOW, nowSeconds, POLICY, partsOf } from '../support/tokens.ts';

let keys: SigningKeys;
beforeAll(async () => {
  keys = await parsed(await newJwk('ES256'));
});

const check = (
  token: string,
  {
    kind = 'access' as const,
    now = NOW,
    policy = POLICY,
    of = keys,
  }: {
    kind?: 'access' | 'refresh' | 'any';
    now?: Date;
    policy?: typeof POLICY;
    of?: SigningKeys;
  } = {},
) => verifyToken(of, policy, { token, kind, now });

describe('mintToken', () => {
  it('writes the header and the claims of an access token, and no others', async () => {
    const { header, payload } = partsOf(await minted(keys));
    expect(header).toEqual({ alg: 'ES256', kid: keys.signer.kid, typ: 'at+jwt' });
    expect(payload).toEqual({
      token_type: 'access',
      exp: nowSeconds + 1800,
      iat: nowSeconds,
      jti: expect.stringMatching(/^[0-9a-f]{32}$/),
      user_id: '7',
      sub: '7',
      sid: 'a1b2',
    });
  });

  it('writes the type of a refresh token into header and claims', async () => {
    const { header, payload } = partsOf(await minted(keys, { kind: 'refresh' }));
    expect(header['typ']).toBe('rt+jwt');
    expect(payload['token_type']).toBe('refresh');
  });

  it('gives every token an id of its own', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => partsOf(await minted(keys)).payload['jti']),
    );
    expect(new Set(ids).size).toBe(20);
  });

  it('writes issuer and audience only when they are set', async () => {
    const policy = { ...POLICY, jwtIssuer: 'https://accounts.example', jwtAudience: 'edge' };
    expect(partsOf(await minted(keys, {}, policy)).payload).toMatchObject({
      iss: 'https://accounts.example',
      aud: 'edge',
    });
    const { payload } = partsOf(await minted(keys));
    expect(Object.keys(payload)).not.toContain('iss');
    expect(Object.keys(payload)).not.toContain('aud');
  });

  it('writes whole seconds, never later than the instants given', async () => {
    const issuedAt = new Date(NOW.getTime() + 999);
    const { payload } = partsOf(await minted(keys, { issuedAt, expiresAt: issuedAt }));
    expect(payload).toMatchObject({ iat: nowSeconds, exp: nowSeconds });
  });

  it('writes payloads that a browser decodes with plain atob', async () => {
    const policy = { ...POLICY, jwtIssuer: 'https://a.example/x_y-z|{}', jwtAudience: '!"#$%&\'()*+,' };
    for (let i = 0; i < 150; i++) {
      const [, payload = ''] = (
        await minted(keys, { userId: 1 + i * 7_654_321, sid: crypto.randomUUID() }, policy)
      ).split('.');
      expect(payload).toMatch(/^[A-Za-z0-9]+$/);
      const text = atob(payload);
      expect(text).toMatch(/^[\x20-\x7e]+$/);
      expect(text).not.toMatch(/[>?~]/);
      expect(JSON.parse(text).user_id).toBe(String(1 + i * 7_654_321));
    }
  });

  it('does not sign with a key that only verifies', async () => {
    const { all } = await parsed(await newJwk('ES256'), publicPart(await newJwk('ES256')));
    await expect(minted(keys, {}, POLICY, all[1])).rejects.toThrow('only verifies');
  });
});

describe('verifyToken', () => {
  it.each(['ES256', 'EdDSA'] as const)('accepts what was minted under %s', async (alg) => {
    const of = await parsed(await newJwk(alg));
    expect(partsOf(await minted(of)).header['alg']).toBe(alg);
    expect(await check(await minted(of), { of })).toMatchObject({ valid: true });
  });

  it('accepts what was minted under a secret with a kid', async () => {
    const of = await parsed(secretJwk({ kid: 'shared' }));
    expect(partsOf(await minted(of)).header).toMatchObject({ alg: 'HS256', kid: 'shared' });
    expect(await check(await minted(of), { of })).toMatchObject({ valid: true });
  });

  it('gives the claims back, with the key that proved them', async () => {
    const result = await check(await minted(keys));
    expect(result).toEqual({
      valid: true,
      claims: {
        kind: 'access',
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        userId: 7,
        sid: 'a1b2',
        isOurs: true,
        issuedAt: NOW,
        expiresAt: new Date(NOW.getTime() + 1_800_000),
        key: keys.all[0],
      },
    });
  });

  it('accepts tokens of a key that no longer signs, also when only its public part is left', async () => {
    const [old, fresh] = [await newJwk('ES256'), await newJwk('EdDSA')];
    const token = await minted(await parsed(old));
    const rotated = await parsed(fresh, old);
    expect(await check(token, { of: rotated })).toMatchObject({ valid: true });
    expect(partsOf(await minted(rotated)).header['alg']).toBe('EdDSA');
    expect(await check(token, { of: await parsed(fresh, publicPart(old)) })).toMatchObject({ valid: true });
    expect(await check(token, { of: await parsed(fresh) })).toEqual({ valid: false, reason: 'invalid' });
  });

  it.each([
    ['access', 'access', true],
    ['refresh', 'refresh', true],
    ['access', 'any', true],
    ['refresh', 'any', true],
    ['access', 'refresh', false],
    ['refresh', 'access', false],
  ] as const)('judges a token of kind %s where %s is wanted', async (made, wanted, valid) => {
    const token = await minted(keys, { kind: made });
    const result = await check(token, { kind: wanted });
    if (valid) expect(result).toMatchObject({ valid: true, claims: { kind: made } });
    else expect(result).toEqual({ valid: false, reason: 'wrong_type' });
  });

  it('accepts a token until its exp and refuses it exactly then', async () => {
    const expiresAt = new Date(NOW.getTime() + 60_000);
    const token = await minted(keys, { expiresAt });
    const at = (ms: number) => check(token, { now: new Date(expiresAt.getTime() + ms) });
    expect(await at(-1)).toMatchObject({ valid: true });
    expect(await at(0)).toEqual({ valid: false, reason: 'expired' });
    expect(await at(1)).toEqual({ valid: false, reason: 'expired' });
  });

  describe('with issuer and audience configured', () => {
    const policy = { ...POLICY, jwtIssuer: 'https://accounts.example', jwtAudience: 'edge' };

    it('accepts its own', async () => {
      expect(await check(await minted(keys, {}, policy), { policy })).toMatchObject({ valid: true });
    });

    it.each([
      ['no issuer', { jwtIssuer: undefined }],
      ['another issuer', { jwtIssuer: 'https://accounts.example.evil' }],
      ['no audience', { jwtAudience: undefined }],
      ['another audience', { jwtAudience: 'Edge' }],
    ])('refuses a token with %s', async (_, other) => {
      const token = await minted(keys, {}, { ...policy, ...other });
      expect(await check(token, { policy })).toEqual({ valid: false, reason: 'invalid' });
    });

    it('accepts a token for several audiences, its own among them', async () => {
      const { header, payload } = partsOf(await minted(keys, {}, policy));
      const both = await compact(header, { ...payload, aud: ['other', 'edge'] }, keys.signer);
      expect(await check(both, { policy })).toMatchObject({ valid: true });
    });
  });

  it('looks at no issuer and no audience while none is configured', async () => {
    const policy = { ...POLICY, jwtIssuer: 'https://elsewhere.example', jwtAudience: 'other' };
    expect(await check(await minted(keys, {}, policy))).toMatchObject({ valid: true });
  });
});
