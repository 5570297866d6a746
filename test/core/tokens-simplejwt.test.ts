import { base64url } from 'jose';
import { expect, it } from 'vitest';
import { verifyToken } from '../../src/core/tokens.ts';
import { newJwk, parsed } from '../support/jwks.ts';
import { encoded, POLICY } from '../support/tokens.ts';

/** Signatures that SimpleJWT 5.2.2 made with this secret, in the second of `ISSUED`. */
const SECRET = 'an origin secret of more than 32 bytes, as it is written';
const ISSUED = 1795590728;
const HEADER = { alg: 'HS256', typ: 'JWT' };

const ACCESS = {
  claims: {
    token_type: 'access',
    exp: ISSUED + 300,
    iat: ISSUED,
    jti: '652aa8614f91415daa8432676315735f',
    user_id: 7,
  },
  signature: '2F2892Wb2u2f9ipEI6c96YfGv7ijLDjPdEVMJp_tAGs',
};
const REFRESH = {
  claims: {
    token_type: 'refresh',
    exp: ISSUED + 86_400,
    iat: ISSUED,
    jti: 'c53d3e816d5a42b991ea6a6a86fdf477',
    user_id: 7,
  },
  signature: 'lFk_4N5rXy5FUP0QKX0-SJfoXiJkCqEPzkXE7AXJ7uk',
};
/** The access token that it gave for a refresh token of ours. */
const RENEWED = {
  claims: {
    token_type: 'access',
    exp: ISSUED + 300,
    iat: ISSUED,
    jti: '244f77885f404915a0e4ab416fce7ec0',
    user_id: '7',
    sid: 'abcd',
    sub: '7',
  },
  signature: 'NYgJ9rKpmccQvBCxh_Zq5V7febrkFyJRgbqKkO0wVYQ',
};

const keys = await parsed(await newJwk('ES256'), {
  kty: 'oct',
  k: base64url.encode(SECRET),
  interchange: true,
});

const check = ({ claims, signature }: typeof ACCESS | typeof RENEWED, kind: 'access' | 'refresh') =>
  verifyToken(keys, POLICY, {
    token: `${encoded(HEADER)}.${encoded(claims)}.${signature}`,
    kind,
    now: new Date((ISSUED + 60) * 1000),
  });

it.each([
  ['an access token', 'access', ACCESS, null],
  ['a refresh token', 'refresh', REFRESH, null],
  ['what it makes of a refresh token of ours', 'access', RENEWED, 'abcd'],
] as const)('a token of the real SimpleJWT is accepted as what it is: %s', async (_, kind, token, sid) => {
  expect(await check(token, kind)).toMatchObject({
    valid: true,
    claims: { kind, userId: 7, sid, isOurs: false },
  });
  const other = kind === 'access' ? 'refresh' : 'access';
  expect(await check(token, other)).toEqual({ valid: false, reason: 'wrong_type' });
});
