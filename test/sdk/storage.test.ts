import { afterEach, describe, expect, it, vi } from 'vitest';
import { localStorageTokens } from '../../src/sdk/index.ts';
import { get, ORIGIN } from '../support/api.ts';
import { person, signIn } from '../support/people.ts';
import { inMinutes, program, sharedStorage, signedInProgram, webLocks } from '../support/program.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const ME = `${ORIGIN}/api/accounts/users/me/`;
const never = () => new Promise<never>(() => undefined);

/** What `localStorage` is in a browser. */
function pageStorage(): Map<string, string> {
  const kept = new Map<string, string>();
  const getItem = (key: string) => kept.get(key) ?? null;
  const setItem = (key: string, value: string) => kept.set(key, value);
  vi.stubGlobal('localStorage', { getItem, setItem, removeItem: (key: string) => kept.delete(key) });
  return kept;
}

/** A signed in program whose storage sets the next text when it is let go. */
async function signedInWithSlowSet() {
  const storage = sharedStorage();
  const made = await signedInProgram(await person(), { storage });
  const [started, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { set } = storage;
  vi.spyOn(storage, 'set').mockImplementationOnce(async (text) => {
    started.resolve();
    await gate.promise;
    await set(text);
  });
  return { ...made, storage, started: started.promise, letGo: gate.resolve };
}

describe('two services with one storage', () => {
  const STAGING = 'https://staging.example';
  const twoServices = async () => {
    pageStorage();
    const first = await signedInProgram(await person(), { storage: localStorageTokens() });
    const second = program({
      baseUrl: STAGING,
      storage: localStorageTokens(),
      between: ({ url }) =>
        url.endsWith('/token/')
          ? Response.json({ access: 'theirs', refresh: 'theirs, too' })
          : Response.json({ detail: 'No.' }, { status: 401 }),
    });
    return { first, second };
  };

  it('never send a token of one to the other, which cannot end it either', async () => {
    const { first, second } = await twoServices();
    await expect(second.client.me()).rejects.toMatchObject({ detail: 'No.' });
    await expect(second.client.refresh()).rejects.toMatchObject({ code: 'signed_out' });
    await second.client.logout();
    expect(second.sent.map(({ url, headers }) => [url, headers.get('Authorization')])).toEqual([
      [`${STAGING}/api/accounts/users/me/`, null],
    ]);
    expect((await first.client.me()).user_level).toBe(1);
    expect([first.signedOut(), second.signedOut()]).toEqual([0, 0]);
  });

  it('keep a login each, and nothing after the last of them', async () => {
    const { first, second } = await twoServices();
    await second.client.login({ username: 'ada', password: 'any' });
    expect((await first.client.me()).user_level).toBe(1);
    await first.client.logout();
    await second.client.fetch(`${STAGING}/x`).catch(() => undefined);
    expect(second.sent[1]?.headers.get('Authorization')).toBe('Bearer theirs');
    expect([first.signedOut(), second.signedOut(), localStorageTokens().get()]).toEqual([0, 1, null]);
  });
});

describe('while a refresh is being stored', () => {
  it('a logout counts at once, and nothing brings the login back', async () => {
    const made = await signedInWithSlowSet();
    const refreshing = expect(made.client.refresh()).rejects.toMatchObject({ code: 'signed_out' });
    await made.started;
    const leaving = made.client.logout();
    expect((await made.client.fetch(ME)).status).toBe(401);
    expect(made.sent.at(-1)?.headers.get('Authorization')).toBe(null);
    made.letGo();
    await Promise.all([refreshing, leaving]);
    expect([made.storage.text(), made.signedOut()]).toEqual([null, 0]);
  });

  it('the login of another is the one that holds', async () => {
    const { client, started, letGo } = await signedInWithSlowSet();
    const next = await person();
    const refreshing = client.refresh().catch(({ code }) => code);
    await started;
    const login = client.login({ username: next.username, password: next.password });
    // Time enough for what waits for nobody.
    await signIn(next);
    await get('/users/me/');
    letGo();
    await Promise.all([refreshing, login]);
    expect((await client.me()).id).toBe(next.id);
  });
});

describe('programs that share a storage', () => {
  const refreshesOf = async (programs: ReturnType<typeof program>[]) => {
    inMinutes(31);
    await Promise.all(programs.map(({ client }) => client.me()));
    return programs.map(({ count }) => count('token/refresh/')).reduce((sum, each) => sum + each);
  };

  it('make one refresh between them without Web Locks, by the object or by the name of its lock', async () => {
    pageStorage();
    const one = sharedStorage();
    for (const storages of [
      [one, one],
      [localStorageTokens(), localStorageTokens()],
    ]) {
      const [first, second] = storages.map((storage) => program({ storage }));
      const { username, password } = await person();
      await first?.client.login({ username, password });
      expect(await refreshesOf([first ?? program(), second ?? program()])).toBe(1);
      vi.useRealTimers();
      vi.restoreAllMocks();
    }
  });

  it('lock it for other tabs only where it has a name for that', async () => {
    const locks = webLocks();
    vi.stubGlobal('navigator', { locks });
    await refreshesOf([await signedInProgram(await person(), { storage: sharedStorage() })]);
    expect(locks.names).toEqual([]);
  });
});

describe('a storage that never answers', () => {
  it('is waited for as long as a refresh, and no longer', async () => {
    const time = new AbortController();
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(time.signal);
    const { client, sent } = program({ storage: { ...sharedStorage(), get: never } });
    const { username, password } = await person();
    const late = { name: 'TimeoutError' };
    const all = [client.me(), client.refresh(), client.logout(), client.login({ username, password })];
    const failed = Promise.allSettled(all);
    await vi.waitFor(() => expect(sent.length).toBe(1), 30_000);
    time.abort(new DOMException('Too late', 'TimeoutError'));
    expect(await failed).toMatchObject(Array(4).fill({ status: 'rejected', reason: late }));
  });

  it('is not written to afterwards, and holds nobody up for good', async () => {
    const storage = sharedStorage();
    const { client } = program({ storage });
    const gate = Promise.withResolvers<null>();
    vi.spyOn(storage, 'get').mockReturnValueOnce(gate.promise);
    const set = vi.spyOn(storage, 'set');
    const time = new AbortController();
    vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(time.signal);
    const [first, second] = [await person(), await person()];
    const failing = expect(client.login(first)).rejects.toThrow('Too late');
    await vi.waitFor(() => expect(storage.get).toHaveBeenCalledOnce(), 30_000);
    const login = client.login(second);
    time.abort(new Error('Too late'));
    await failing;
    await login;
    gate.resolve(null);
    expect((await client.me()).id).toBe(second.id);
    expect(set).toHaveBeenCalledOnce();
  });

  it('is not waited for by one who no longer wants the answer', async () => {
    const { client } = program({ storage: { ...sharedStorage(), get: never } });
    const signal = AbortSignal.abort(new Error('no longer wanted'));
    for (const asked of [client.me({ signal }), client.refresh({ signal }), client.logout({ signal })])
      await expect(asked).rejects.toThrow('no longer wanted');
  });
});

it('a refresh token that is refused is forgotten, whatever access token is beside it by then', async () => {
  const storage = sharedStorage();
  const refusal = () => Response.json({ detail: 'Token is invalid' }, { status: 401 });
  const other = program({ storage });
  const { client, signedOut } = await signedInProgram(await person(), {
    storage,
    between: async ({ url }) => {
      if (!url.endsWith('/token/refresh/')) return undefined;
      // One that shares no lock, such as another process.
      await storage.set((storage.text() ?? '').replace('"access":"', '"access":"new'));
      return refusal();
    },
  });
  await expect(client.refresh()).rejects.toMatchObject({ detail: 'Token is invalid' });
  expect([storage.text(), signedOut()]).toEqual([null, 1]);
  await expect(other.client.refresh()).rejects.toMatchObject({ code: 'signed_out' });
});

describe('a storage that fails to forget', () => {
  const failing = async () => {
    const storage = sharedStorage();
    const made = await signedInProgram(await person(), { storage });
    vi.spyOn(storage, 'remove').mockRejectedValue(new Error('The disk is full.'));
    return { ...made, access: JSON.parse(storage.text() ?? '{}')[ORIGIN].access as string };
  };

  it('hides no end of a login, which is told once and not asked for again', async () => {
    const { client, count, signedOut } = await failing();
    inMinutes(60 * 25);
    await expect(client.me()).rejects.toThrow('The disk is full.');
    expect(signedOut()).toBe(1);
    await expect(client.me()).rejects.toMatchObject({ status: 401 });
    expect([signedOut(), count('token/refresh/')]).toEqual([1, 1]);
  });

  it('keeps nobody signed in who logs out', async () => {
    const { client, sent, signedOut, access } = await failing();
    await expect(client.logout()).rejects.toThrow('The disk is full.');
    expect((await get('/users/me/', { token: access })).status).toBe(401);
    await client.fetch(ME);
    expect([sent.at(-1)?.headers.get('Authorization'), signedOut()]).toEqual([null, 0]);
  });
});
