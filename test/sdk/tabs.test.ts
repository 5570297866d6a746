import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { envWith, ORIGIN } from '../support/api.ts';
import { person } from '../support/people.ts';
import { inMinutes, program, sharedStorage, signedInProgram, webLocks } from '../support/program.ts';

let locks: ReturnType<typeof webLocks>;
beforeEach(() => {
  locks = webLocks();
  vi.stubGlobal('navigator', { locks });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const ME = `${ORIGIN}/api/accounts/users/me/`;

/** Two programs with one storage, the first of which has signed in. */
async function twoTabs(options: Parameters<typeof program>[0] = {}) {
  const who = await person();
  const storage = { ...sharedStorage(), lockName: 'tabs' };
  const first = await signedInProgram(who, { ...options, storage });
  return { who, storage, first, second: program({ ...options, storage }) };
}

describe('two tabs with one storage', () => {
  it.each(['off', 'on'])('make one refresh between them, with REFRESH_ROTATION=%s', async (rotation) => {
    const { first, second } = await twoTabs({ env: envWith({ REFRESH_ROTATION: rotation }) });
    inMinutes(31);
    const tabs = [first, second];
    await Promise.all(tabs.flatMap(({ client }) => [client.me(), client.me(), client.me()]));
    expect(first.count('token/refresh/') + second.count('token/refresh/')).toBe(1);
    expect(locks.names).toEqual(['tabs', 'tabs refresh', 'tabs refresh', 'tabs']);
  });

  it('make one refresh between them after a 401, too', async () => {
    const { first, second } = await twoTabs();
    inMinutes(31, ['Date']);
    // The second has no steady clock for a token that it did not receive.
    await first.client.me();
    await second.client.me();
    expect(first.count('token/refresh/') + second.count('token/refresh/')).toBe(1);
  });

  it('are signed in by the login of one', async () => {
    const { first, second } = await twoTabs();
    expect((await second.client.me()).id).toBe((await first.client.me()).id);
  });

  it('are both told when the login dies, each once, and the dead token is tried once', async () => {
    const { first, second } = await twoTabs();
    await second.client.me();
    inMinutes(60 * 25);
    await Promise.allSettled([first.client.me(), second.client.me(), first.client.me(), second.client.me()]);
    expect(first.count('token/refresh/') + second.count('token/refresh/')).toBe(1);
    expect([first.signedOut(), second.signedOut()]).toEqual([1, 1]);
  });

  it('notice the logout of the other at the next request, which is sent as nobody', async () => {
    const { first, second } = await twoTabs();
    await second.client.me();
    await first.client.logout();
    expect([first.signedOut(), second.signedOut()]).toEqual([0, 0]);
    await expect(second.client.me()).rejects.toMatchObject({ status: 401 });
    expect((await second.client.fetch(ME)).status).toBe(401);
    expect(second.sent.at(-1)?.headers.get('Authorization')).toBe(null);
    expect([first.signedOut(), second.signedOut()]).toEqual([0, 1]);
  });

  it('stay signed out when one logs out while the other refreshes', async () => {
    const { first, second, storage } = await twoTabs({
      between: async ({ url }) => {
        if (url.endsWith('/token/refresh/')) await first.client.logout();
        return undefined;
      },
    });
    inMinutes(29.6);
    const refreshing = expect(second.client.refresh()).rejects.toMatchObject({ code: 'signed_out' });
    await refreshing;
    expect([storage.text(), second.signedOut()]).toEqual([null, 1]);
  });

  it('keep the login that one made while the refresh of the other was refused', async () => {
    const { who, first, second, storage } = await twoTabs({
      between: async ({ url }) => {
        if (!url.endsWith('/token/refresh/')) return undefined;
        await first.client.login({ username: who.username, password: who.password });
        return Response.json({ detail: 'Token is invalid', code: 'token_not_valid' }, { status: 401 });
      },
    });
    await second.client.refresh();
    expect((await second.client.me()).id).toBe(who.id);
    expect([second.signedOut(), storage.text() === null]).toEqual([0, false]);
  });
});

it('a slow look at the storage from before a login is not taken for a logout', async () => {
  const storage = sharedStorage();
  const gate = Promise.withResolvers<null>();
  const get = vi.spyOn(storage, 'get').mockReturnValueOnce(gate.promise);
  const made = program({ storage });
  const early = made.client.fetch(ME);
  const { username, password } = await person();
  await made.client.login({ username, password });
  gate.resolve(null);
  expect((await early).status).toBe(401);
  expect([get.mock.calls.length, made.signedOut()]).toEqual([2, 0]);
});

it('programs that keep tokens in memory wait for nobody else', async () => {
  const programs = await Promise.all([1, 2].map(async () => signedInProgram(await person())));
  inMinutes(31);
  await Promise.all(programs.map(({ client }) => client.me()));
  expect(locks.names).toEqual([]);
});
