import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SigningKeys } from '../../src/core/signing-keys.ts';
import { type TokenProblem, verifyToken } from '../../src/core/tokens.ts';
import { createVerifier, type OfflineVerifier } from '../../src/verify/verifier.ts';
import { newJwk, parsed, publicPart } from '../support/jwks.ts';
import { compact, minted, NOW, nowSeconds, type Part, POLICY, partsOf } from '../support/tokens.ts';

/** The verifier cannot import the rules of the service, so it has its own: the same tokens before both. */
let keys: SigningKeys;
let offline: OfflineVerifier;
let header: Part;
let payload: Part;

beforeAll(async () => {
  const jwk = await newJwk('ES256');
  keys = await parsed(jwk);
  offline = createVerifier({ jwks: { keys: [{ ...publicPart(jwk), kid: keys.signer.kid ?? '' }] } });
  ({ header, payload } = partsOf(await minted(keys)));
});

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW }));
afterEach(() => void vi.useRealTimers());

const REASONS: Record<TokenProblem, string> = {
  invalid: 'token_invalid',
  expired: 'token_expired',
  wrong_type: 'token_wrong_type',
  no_type: 'token_invalid',
  no_id: 'token_invalid',
};

async function judgements(token: string): Promise<{ service: unknown; verifier: unknown }> {
  const [ours, theirs] = [
    await verifyToken(keys, POLICY, { token, kind: 'access', now: NOW }),
    await offline.verify(token),
  ];
  return {
    // The service looks the user up, and there finds none.
    service: ours.valid ? (ours.claims.userId ?? 'token_invalid') : REASONS[ours.reason],
    verifier: theirs.valid ? theirs.userId : theirs.reason,
  };
}

const signed = (claims: Part, headers: Part = {}): Promise<string> =>
  compact({ ...header, ...headers }, { ...payload, ...claims }, keys.signer);

/** Mostly good, so that of many claims few are odd at once. */
const mostly = <T>(good: T, ...odd: T[]) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constant(good) },
    { weight: 1 + odd.length, arbitrary: fc.constantFrom(...odd) },
  );
/** Around each limit that either knows. */
const claims = fc
  .record({
    token_type: mostly<unknown>('access', 'refresh', 'sliding', 7, undefined),
    user_id: mostly<unknown>('7', '12', '0', '07', '-7', '7e1', '1'.repeat(16), undefined),
    sid: mostly<unknown>('a1b2', 7, undefined),
    jti: mostly<unknown>('c3d4', 7, undefined),
    iat: mostly(0, -86_400, -1, 9, 10, 61, 62),
    exp: mostly(1800, -1, 0, 1, 86_000),
    nbf: mostly<number | undefined>(undefined, -1, 0, 1),
  })
  .filter(({ iat, exp }) => exp - iat <= 86_400)
  .map((each) => ({
    ...each,
    iat: nowSeconds + each.iat,
    exp: nowSeconds + each.exp,
    nbf: each.nbf === undefined ? undefined : nowSeconds + each.nbf,
  }));
const headers = fc.record({
  typ: mostly<unknown>('at+jwt', 'rt+jwt', 'JWT', undefined),
  alg: mostly('ES256', 'HS256', 'none'),
});

describe('the verifier by the public keys', () => {
  it('judges a token of the service as the service does, but for the user and the login', async () => {
    const outcomes = new Set<unknown>();
    const property = fc.asyncProperty(claims, headers, async (claims, headers) => {
      const { service, verifier } = await judgements(await signed(claims, headers));
      outcomes.add(service);
      expect(verifier).toBe(service);
    });
    await fc.assert(property, { seed: 1, numRuns: 1500 });
    expect([...outcomes].sort()).toEqual(
      [7, 12, 'token_expired', 'token_invalid', 'token_wrong_type'].sort(),
    );
  });

  it.each<[string, Part]>([
    ['that lasts longer than any of the service', { exp: nowSeconds + 86_401 }],
    ['that ends with all dates', { exp: 8.64e12 }],
  ])('is stricter where no login tells what is forged: a token %s', async (_, claims) => {
    expect(await judgements(await signed(claims))).toEqual({ service: 7, verifier: 'token_invalid' });
  });

  it('allows its own machine a clock that is a minute behind, which the service does not', async () => {
    const ahead = await signed({ iat: nowSeconds + 60 });
    expect(await judgements(ahead)).toEqual({ service: 'token_invalid', verifier: 7 });
  });

  it.each<[string, Part]>([
    ['lasts a day', { exp: nowSeconds + 86_400 }],
    ['is 10 seconds ahead', { iat: nowSeconds + 10 }],
  ])('takes, as the service does, one that %s', async (_, claims) => {
    expect(await judgements(await signed(claims))).toEqual({ service: 7, verifier: 7 });
  });
});
