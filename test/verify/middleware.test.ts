import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { AccountsBinding, Caller, HeadersLike, Reason, Verdict } from '../../src/verify/caller.ts';
import { authenticated, requires } from '../../src/verify/hono.ts';
import { createVerifier } from '../../src/verify/verifier.ts';
import { newSigner, tokenBy } from './support/issuer.ts';

const ADA: Caller = {
  userId: 7,
  username: 'ada',
  level: 1,
  permissions: ['view_user'],
  provenBy: 'session',
  expiresAt: new Date('2030-01-01T12:00:00Z'),
};

/** A service that says the same to everyone, and what it was asked. */
function saying(verdict: Verdict | Error): AccountsBinding & { asked: unknown[] } {
  const asked: unknown[] = [];
  const answer = async (given: HeadersLike | string): Promise<Verdict> => {
    asked.push(given);
    if (verdict instanceof Error) throw verdict;
    return verdict;
  };
  return { asked, authenticate: answer, verify: answer };
}

const refusing = (reason: Reason) => saying({ valid: false, reason });

describe('the verifier with a binding', () => {
  it('hands on the two headers and no other', async () => {
    const binding = saying({ valid: true, ...ADA });
    const headers = new Headers({ Cookie: 'session=1', 'X-API-Key': 'dsp_x', Authorization: 'Basic y' });
    expect(await createVerifier({ binding }).verify(headers)).toEqual({ valid: true, ...ADA });
    await createVerifier({ binding }).verify({ cookie: 'session=1' });
    await createVerifier({ binding }).verify('dsp_x');
    expect(binding.asked).toEqual([{ authorization: 'Basic y', 'x-api-key': 'dsp_x' }, {}, 'dsp_x']);
  });

  it('is unavailable while the call itself fails', async () => {
    const binding = saying(new Error('The RPC receiver does not implement the method "verify".'));
    for (const given of ['x', { authorization: 'Bearer x' }]) {
      expect(await createVerifier({ binding }).verify(given)).toEqual({
        valid: false,
        reason: 'unavailable',
      });
    }
  });

  it('asks nothing about what cannot be read', async () => {
    const binding = saying({ valid: true, ...ADA });
    const { verify } = createVerifier({ binding });
    for (const given of [
      null,
      7,
      [],
      new Map(),
      'x'.repeat(1 << 25),
      { authorization: 'x'.repeat(1 << 25) },
    ]) {
      expect(await verify(given as string)).toEqual({ valid: false, reason: 'malformed' });
    }
    expect(binding.asked).toEqual([]);
  });
});

/** The members of an app as its author would write it. */
function appWith(binding: AccountsBinding) {
  const verifier = createVerifier({ binding });
  const app = new Hono();
  app.get('/who', authenticated(verifier), (c) => c.json(c.get('caller').permissions.map(String)));
  app.get('/users', requires(verifier, 'view_user'), (c) => c.text(c.get('caller').username));
  app.get(
    '/groups',
    authenticated(verifier),
    requires(verifier, 'view_user'),
    requires(verifier, 'view_group'),
    (c) => c.text(c.get('caller').username),
  );
  app.get(
    '/overwritten',
    authenticated(verifier),
    async (c, next) => {
      c.set('caller', { ...ADA, permissions: ['view_group'] });
      return next();
    },
    requires(verifier, 'view_group'),
    (c) => c.text('in'),
  );
  return app;
}

describe('the middleware', () => {
  it('lets in who is found, and tells the route', async () => {
    const app = appWith(saying({ valid: true, ...ADA }));
    const answers = [await app.request('/who'), await app.request('/users')];
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['["view_user"]', 'ada']);
  });

  it('asks once for a request, however many of it there are, and anew for the next', async () => {
    const binding = saying({ valid: true, ...ADA, permissions: ['view_user', 'view_group'] });
    const app = appWith(binding);
    expect((await app.request('/groups')).status).toBe(200);
    expect(binding.asked).toHaveLength(1);
    await app.request('/groups');
    expect(binding.asked).toHaveLength(2);
  });

  it('answers 403 to whoever lacks the permission, whatever stands in the variable', async () => {
    const app = appWith(saying({ valid: true, ...ADA }));
    for (const path of ['/groups', '/overwritten']) {
      const { status, headers } = await app.request(path);
      expect([status, headers.get('Cache-Control')]).toEqual([403, 'no-store']);
    }
  });

  it.each<[Reason, number]>([
    ['not_provided', 401],
    ['malformed', 401],
    ['token_invalid', 401],
    ['token_expired', 401],
    ['token_wrong_type', 401],
    ['login_ended', 401],
    ['key_unknown', 401],
    ['user_not_found', 401],
    ['user_inactive', 401],
    ['unavailable', 503],
  ])('answers to %s with %i, as the service does', async (reason, expected) => {
    for (const path of ['/who', '/users']) {
      const { status, headers } = await appWith(refusing(reason)).request(path);
      expect(status).toBe(expected);
      expect(headers.get('WWW-Authenticate')).toBe(expected === 401 ? 'Bearer realm="api"' : null);
      expect(headers.get('Retry-After')).toBe(expected === 503 ? '5' : null);
      expect(headers.get('Content-Type')).toMatch(/^application\/json/);
    }
  });
});

describe('without a binding', () => {
  it('a route knows the user, and that it knows no permissions', async () => {
    const signer = await newSigner();
    const offline = createVerifier({ jwks: { keys: [signer.publicJwk] } });
    const app = new Hono().get('/who', authenticated(offline), (c) => {
      const nothing: null = c.get('caller').permissions;
      return c.json([c.get('caller').userId, nothing]);
    });
    const headers = { Authorization: `Bearer ${await tokenBy(signer)}` };
    expect(await (await app.request('/who', { headers })).json()).toEqual([7, null]);
    expect((await app.request('/who', { headers: { 'X-API-Key': 'dsp_x' } })).status).toBe(401);
  });

  it('no permission can be required: it does not compile, and throws where the route is set up', () => {
    const offline = createVerifier({ jwks: { keys: [] } });
    // @ts-expect-error permissions are not in tokens
    expect(() => requires(offline, 'view_user')).toThrow(/needs a verifier with a binding/);
  });
});
