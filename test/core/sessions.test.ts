import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Deps } from '../../src/core/deps.ts';
import { chainOf, hashPassword } from '../../src/core/passwords.ts';
import { Secret } from '../../src/core/secrets.ts';
import { sessionNameOf } from '../../src/core/session-ids.ts';
import { login, refresh, verify } from '../../src/core/sessions.ts';
import { servicesOf } from '../../src/services.ts';
import { env } from '../support/env.ts';
import {
  ADMIN,
  later,
  NOW,
  passwordHashOf,
  SOMEWHERE,
  sessionIdsOf,
  storedUser,
  users,
} from '../support/stores.ts';
import { partsOf } from '../support/tokens.ts';

const PASSWORD = 'correct horse';
const CLIENT = { ...SOMEWHERE, userAgent: 'test' };
const REFUSED = {
  code: 'unauthenticated',
  message: 'No active account found with the given credentials',
};

const depsOf = (passwordIterations: number): Deps => ({
  ...servicesOf(env),
  passwordPolicy: { passwordIterations, passwordMinLength: 8 },
});
const deps = depsOf(1000);

const signIn = (username: string, password = PASSWORD, by = deps) =>
  login(by, { username, password, client: CLIENT, afterwards: () => {}, now: NOW });

async function member(iterations = 1000, fields: Parameters<typeof storedUser>[0] = {}) {
  const policy = { passwordIterations: iterations, passwordMinLength: 8 };
  return storedUser({ passwordHash: await hashPassword(policy, PASSWORD), ...fields });
}

async function storedHashOf(id: number): Promise<string> {
  return (await passwordHashOf(id)).reveal();
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('login', () => {
  it('replaces a weaker hash by one of the configured strength, under which the password still holds', async () => {
    const user = await member(1000);
    await signIn(user.username, PASSWORD, depsOf(3000));
    expect(await storedHashOf(user.id)).toContain('$i=3000$');
    await signIn(user.username, PASSWORD, depsOf(3000));
    await expect(signIn(user.username, 'wrong horse')).rejects.toMatchObject(REFUSED);
  });

  it('leaves a hash of the configured strength, or a stronger one, as it is', async () => {
    const user = await member(3000);
    const before = await storedHashOf(user.id);
    await signIn(user.username, PASSWORD, depsOf(3000));
    await signIn(user.username, PASSWORD, depsOf(1000));
    expect(await storedHashOf(user.id)).toBe(before);
  });

  it('replaces no hash for a wrong password', async () => {
    const user = await member(1000);
    const before = await storedHashOf(user.id);
    await expect(signIn(user.username, 'wrong horse', depsOf(3000))).rejects.toMatchObject(REFUSED);
    expect(await storedHashOf(user.id)).toBe(before);
  });

  it('lets every one of parallel logins in while they all want to replace the hash', async () => {
    const user = await member(1000);
    const by = depsOf(2000);
    const allHaveLooked = Promise.withResolvers<void>();
    let looks = 0;
    const together: Deps = {
      ...by,
      attempts: {
        ...by.attempts,
        async reserve(attempt) {
          const reserved = await by.attempts.reserve(attempt);
          looks += 1;
          if (looks === 4) allHaveLooked.resolve();
          await allHaveLooked.promise;
          return reserved;
        },
        async findPassword(whose) {
          looks += 1;
          return by.attempts.findPassword(whose);
        },
      },
    };
    await Promise.all([1, 2, 3, 4].map(() => signIn(user.username, PASSWORD, together)));
    expect(looks).toBe(7);
    expect(await sessionIdsOf(user.id)).toHaveLength(4);
    expect(await storedHashOf(user.id)).toContain('$i=2000$');
  });

  it('gives unknown user, disabled user and wrong password one answer after the same hashing', async () => {
    const by = depsOf(100_001);
    const [active, disabled] = await Promise.all([member(100_001), member(100_001, { isActive: false })]);
    const work = async (username: string, password: string) => {
      const derive = vi.spyOn(crypto.subtle, 'deriveBits');
      await expect(signIn(username, password, by)).rejects.toMatchObject(REFUSED);
      const iterations = derive.mock.calls.map(([algorithm]) => Reflect.get(Object(algorithm), 'iterations'));
      derive.mockRestore();
      return iterations;
    };
    expect(await work('nobody-of-this-name', PASSWORD)).toEqual(chainOf(100_001));
    expect(await work(active.username, 'wrong horse')).toEqual(chainOf(100_001));
    expect(await work(disabled.username, PASSWORD)).toEqual(chainOf(100_001));
  });

  it('refuses at the full cost while the stored hash is weaker than the count that was raised since', async () => {
    const [strong, weak] = [depsOf(3000), await member(1000)];
    const derive = vi.spyOn(crypto.subtle, 'deriveBits');
    await expect(signIn(weak.username, 'wrong horse', strong)).rejects.toMatchObject(REFUSED);
    const iterations = derive.mock.calls.map(([algorithm]) => Reflect.get(Object(algorithm), 'iterations'));
    expect(iterations).toEqual([1000, 2000]);
  });

  it('gives nothing to a login that was hashing while the password changed', async () => {
    const user = await member();
    const raced: Deps = {
      ...deps,
      attempts: {
        ...deps.attempts,
        async reserve(attempt) {
          const reserved = await deps.attempts.reserve(attempt);
          const passwordHash = new Secret('a hash that was set meanwhile');
          await users.update(user.id, { passwordHash }, ADMIN, NOW);
          return reserved;
        },
      },
    };
    await expect(signIn(user.username, PASSWORD, raced)).rejects.toMatchObject(REFUSED);
    expect(await sessionIdsOf(user.id)).toEqual([]);
    expect(await storedHashOf(user.id)).toBe('a hash that was set meanwhile');
  });

  it('cuts the user agent to 256 characters', async () => {
    const user = await member();
    const client = { ...CLIENT, userAgent: 'x'.repeat(1000) };
    await login(deps, {
      username: user.username,
      password: PASSWORD,
      client,
      afterwards: () => {},
      now: NOW,
    });
    const stored = await env.DB.prepare('select user_agent from sessions where user_id = ?')
      .bind(user.id)
      .first<string>('user_agent');
    expect(stored).toBe('x'.repeat(256));
  });
});

describe('the lifetime of a login', () => {
  const policy = { accessTokenTtlSeconds: 1800, refreshTokenTtlSeconds: 3600 };
  const shortLived: Deps = { ...deps, tokenPolicy: policy };

  it('names one session in both tokens', async () => {
    const pair = await signIn((await member()).username);
    const { payload } = partsOf(pair.access);
    expect(payload['sid']).toMatch(/^[0-9a-f]{32}$/);
    expect(partsOf(pair.refresh).payload['sid']).toBe(payload['sid']);
  });

  it('gives no access token that outlives the session', async () => {
    const { refresh: token } = await signIn((await member()).username, PASSWORD, shortLived);
    const refreshed = async (ms: number) =>
      partsOf((await refresh(shortLived, { token, from: SOMEWHERE, now: later(ms) })).access).payload;
    const ends = Number(partsOf(token).payload['exp']);
    expect(await refreshed(0)).toMatchObject({ exp: ends - 1800 });
    expect(await refreshed(1_800_000)).toMatchObject({ exp: ends });
    expect(await refreshed(3_599_000)).toMatchObject({ exp: ends });
    await expect(refreshed(3_600_000)).rejects.toMatchObject({ message: 'Token is expired' });

    const brief: Deps = { ...deps, tokenPolicy: { ...policy, refreshTokenTtlSeconds: 60 } };
    const pair = await signIn((await member()).username, PASSWORD, brief);
    expect(partsOf(pair.access).payload['exp']).toBe(partsOf(pair.refresh).payload['exp']);
  });

  it('ends at once when the session ends, for both tokens', async () => {
    const pair = await signIn((await member()).username);
    const { digest: id } = await sessionNameOf(String(partsOf(pair.access).payload['sid']));
    await deps.sessions.end(id, ADMIN);
    const ended = { extra: { code: 'token_not_valid' } };
    await expect(refresh(deps, { token: pair.refresh, from: SOMEWHERE, now: NOW })).rejects.toMatchObject(
      ended,
    );
    await expect(verify(deps, { token: pair.refresh, now: NOW })).rejects.toMatchObject(ended);
    await expect(verify(deps, { token: pair.access, now: NOW })).rejects.toMatchObject(ended);
  });

  it('refreshes as often as asked, also in parallel, with one and the same token', async () => {
    const { refresh: token } = await signIn((await member()).username);
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map(() => refresh(deps, { token, from: SOMEWHERE, now: NOW })),
    );
    for (const { access } of answers) await verify(deps, { token: access, now: NOW });
    expect(new Set(answers.map(({ access }) => access)).size).toBe(5);
  });
});
