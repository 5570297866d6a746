import { afterEach, describe, expect, it, vi } from 'vitest';
import { AccountsError, NetworkError } from '../../src/sdk/index.ts';
import { envWith, ORIGIN, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { broken } from '../support/intercepted-database.ts';
import { person, signIn } from '../support/people.ts';
import { inMinutes, program, sharedStorage, signedInProgram } from '../support/program.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const isRefresh = ({ url }: Request): boolean => url.endsWith('/token/refresh/');
const isMe = ({ url }: Request): boolean => url.endsWith('/users/me/');
const ME = `${ORIGIN}/api/accounts/users/me/`;
const FIFTY = Array.from({ length: 50 });

describe('fifty requests at once', () => {
  it('with a token that is over make one refresh, and none is sent with the old one', async () => {
    const { client, count, sent } = await signedInProgram(await person());
    inMinutes(31);
    const users = await Promise.all(FIFTY.map(() => client.me()));
    expect(new Set(users.map(({ username }) => username)).size).toBe(1);
    expect([count('token/refresh/'), count('users/me/')]).toEqual([1, 50]);
    expect(new Set(sent.slice(1).map(({ headers }) => headers.get('Authorization'))).size).toBe(1);
  });

  it('that are all answered 401 make one refresh', async () => {
    const { client, count } = await signedInProgram(await person());
    inMinutes(31, ['Date']);
    const answers = await Promise.all(FIFTY.map(() => client.fetch(ME)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect([count('token/refresh/'), count('users/me/')]).toEqual([1, 100]);
  });

  it('fail alike with the one refresh that fails, and the next asks again', async () => {
    const { client, count, serve } = await signedInProgram(await person());
    inMinutes(31);
    serve(envWith({ DB: broken(env.DB) }));
    const results = await Promise.allSettled(FIFTY.map(() => client.me()));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect([count('token/refresh/'), count('users/me/')]).toEqual([1, 0]);
    serve(env);
    await client.me();
    expect(count('token/refresh/')).toBe(2);
  });
});

describe('a token is replaced ahead of its end', () => {
  it.each([
    [29, 0],
    [29.6, 1],
  ])('after %d minutes of thirty with %d refreshes', async (minutes, refreshes) => {
    const { client, count } = await signedInProgram(await person());
    inMinutes(minutes);
    await client.me();
    expect([count('token/refresh/'), count('users/me/')]).toEqual([refreshes, 1]);
  });

  it('and used up where no other can be had now', async () => {
    const { client, count, signedOut } = await signedInProgram(await person(), {
      between: (request) => {
        if (isRefresh(request)) throw new TypeError('offline');
        return undefined;
      },
    });
    inMinutes(29.6);
    await client.me();
    expect([count('token/refresh/'), count('users/me/'), signedOut()]).toEqual([1, 1, 0]);
  });

  it('and used up well before its end where the refresh is not back by then', async () => {
    const { client, count } = await signedInProgram(await person(), {
      between: (request) => (isRefresh(request) ? new Promise(() => undefined) : undefined),
    });
    inMinutes(29.6);
    const limits: { ms: number; end(): void }[] = [];
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      const time = new AbortController();
      limits.push({ ms, end: () => time.abort(new DOMException('Too late', 'TimeoutError')) });
      return time.signal;
    });
    const waiting = client.me();
    await vi.waitFor(() => expect(count('token/refresh/')).toBe(1), 30_000);
    for (const { end } of limits.filter(({ ms }) => ms <= 12_000)) end();
    expect((await waiting).user_level).toBe(1);
    expect([count('token/refresh/'), count('users/me/')]).toEqual([1, 1]);
  });

  it('once in its time, where that is shorter than the usual leeway', async () => {
    const short = envWith({ ACCESS_TOKEN_TTL_SECONDS: '60' });
    const { client, count } = await signedInProgram(await person(), { env: short });
    inMinutes(50 / 60);
    await client.me();
    expect(count('token/refresh/')).toBe(0);
    inMinutes(5 / 60);
    await client.me();
    expect(count('token/refresh/')).toBe(1);
  });
});

describe('a clock that is wrong', () => {
  it.each([-5, 5])('by %d hours changes nothing', async (hours) => {
    const made = program({
      between: () => {
        vi.useRealTimers();
        return undefined;
      },
    });
    const wrong = () => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * 3_600_000 });
    const { username, password } = await person();
    wrong();
    await made.client.login({ username, password });
    wrong();
    await made.client.me();
    expect(made.sent.map(({ url }) => new URL(url).pathname)).toEqual([
      '/api/accounts/token/',
      '/api/accounts/users/me/',
    ]);
  });

  it('counts for a program that starts anew only as far as time went by on it', async () => {
    const storage = sharedStorage();
    await signedInProgram(await person(), { storage });
    const later = program({ storage });
    inMinutes(29);
    await later.client.me();
    expect(later.count('token/refresh/')).toBe(0);
    inMinutes(2);
    await later.client.me();
    expect(later.count('token/refresh/')).toBe(1);
  });

  it.each([-5, 5])('is set by %d hours while the program runs, which changes nothing', async (hours) => {
    const { client, count } = await signedInProgram(await person(), {
      between: () => {
        vi.useRealTimers();
        return undefined;
      },
    });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * 3_600_000 });
    await client.me();
    expect(count('token/refresh/')).toBe(0);
  });
});

describe('a refresh token', () => {
  it('is kept where none comes back, and used again', async () => {
    const { client, sent } = await signedInProgram(await person());
    await client.refresh();
    await client.refresh();
    const [first, second] = sent.map(({ body }) => JSON.parse(body).refresh);
    expect(first).toBe(second);
  });

  it('is replaced by the one that rotation gives, for days of use', async () => {
    const rotating = envWith({ REFRESH_ROTATION: 'on' });
    const { client, sent, signedOut } = await signedInProgram(await person(), { env: rotating });
    for (let hour = 0; hour < 5; hour++) {
      inMinutes(60);
      await client.me();
    }
    const refreshes = sent.filter(({ url }) => url.endsWith('/refresh/')).map(({ body }) => body);
    expect([refreshes.length, new Set(refreshes).size, signedOut()]).toEqual([5, 5, 0]);
  });

  it('that is dead signs out, once for all who wait', async () => {
    const storage = sharedStorage();
    const { client, count, signedOut } = await signedInProgram(await person(), { storage });
    inMinutes(60 * 25);
    const results = await Promise.allSettled(FIFTY.map(() => client.me()));
    for (const result of results) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { status: 401, code: 'token_not_valid', detail: 'Token is expired' },
      });
    }
    expect([count('token/refresh/'), count('users/me/'), signedOut(), storage.text()]).toEqual([
      1,
      0,
      1,
      null,
    ]);
  });

  it('that died after a 401 signs out, too', async () => {
    const who = await person();
    const { client, signedOut } = await signedInProgram(who);
    const elsewhere = await signIn(who);
    await post('/auth/logout/?scope=global', undefined, { token: elsewhere.access });
    await expect(client.fetch(ME)).rejects.toThrow(AccountsError);
    expect(signedOut()).toBe(1);
  });
});

describe('a failure that says nothing of the login keeps it', () => {
  const CASES: [string, () => Response, object][] = [
    [
      '503',
      () => Response.json({ detail: 'no' }, { status: 503, headers: { 'Retry-After': '5' } }),
      { status: 503, retryAfterSeconds: 5 },
    ],
    ['429', () => Response.json({ detail: 'no' }, { status: 429 }), { status: 429 }],
    ['500', () => Response.json({ detail: 'no' }, { status: 500 }), { status: 500 }],
    [
      'a 401 of something in between',
      () => new Response('<h1>Pay for this network</h1>', { status: 401 }),
      { status: 401, detail: null },
    ],
    ['a web page instead of the answer', () => new Response('<h1>Welcome</h1>'), { name: 'NetworkError' }],
    ['a redirect', () => Response.redirect('https://elsewhere.example/', 307), { name: 'NetworkError' }],
    [
      'no connection',
      () => {
        throw new TypeError('fetch failed');
      },
      { name: 'NetworkError', cause: { message: 'fetch failed' } },
    ],
  ];

  it.each(CASES)('%s', async (_, answer, failure) => {
    const storage = sharedStorage();
    const made = await signedInProgram(await person(), {
      storage,
      between: (request, number) => (isRefresh(request) && number < 3 ? answer() : undefined),
    });
    inMinutes(31);
    await expect(made.client.me()).rejects.toMatchObject(failure);
    expect([made.signedOut(), storage.text() === null]).toEqual([0, false]);
    await expect(made.client.fetch(ME)).rejects.toMatchObject(failure);
    expect((await made.client.me()).user_level).toBe(1);
  });
});

it.each([
  [
    'hears that nobody waits',
    (signal: AbortSignal, fail: (reason: unknown) => void) => {
      signal.addEventListener('abort', () => fail(signal.reason));
    },
  ],
  ['is deaf to that', () => undefined],
])(
  'a refresh that is never answered is given up, where fetch %s, and the next request tries again',
  async (_, hear) => {
    const made = await signedInProgram(await person(), {
      between: (request, number) =>
        isRefresh(request) && number === 1
          ? new Promise((_, reject) => hear(request.signal, reject))
          : undefined,
    });
    inMinutes(31);
    const time = new AbortController();
    vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(time.signal);
    const waiting = expect(made.client.me()).rejects.toMatchObject({
      name: 'NetworkError',
      cause: { name: 'TimeoutError' },
    });
    await vi.waitFor(() => expect(made.count('token/refresh/')).toBe(1), 30_000);
    time.abort(new DOMException('Too late', 'TimeoutError'));
    await waiting;
    expect((await made.client.me()).user_level).toBe(1);
  },
);

describe('what one user asked for is not sent as another', () => {
  const change = {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: 'first@example.com' }),
  };
  const isChange = ({ method }: { method: string }) => method === 'PATCH';

  it('who signed in while it was answered 401', async () => {
    const next = await person();
    const made = await signedInProgram(await person(), {
      between: async (request) => {
        if (!isChange(request)) return undefined;
        await made.client.login({ username: next.username, password: next.password });
        return Response.json({ detail: 'Token is expired' }, { status: 401 });
      },
    });
    await expect(made.client.fetch(ME, change)).rejects.toMatchObject({ code: 'signed_out' });
    expect(await made.client.me()).toMatchObject({ id: next.id, email: '' });
    expect([made.sent.filter(isChange).length, made.signedOut()]).toEqual([1, 0]);
  });

  it('who signed in while it waited for a token', async () => {
    const next = await person();
    const made = await signedInProgram(await person(), {
      between: async (request) => {
        if (isRefresh(request)) await made.client.login({ username: next.username, password: next.password });
        return undefined;
      },
    });
    inMinutes(31);
    await expect(made.client.fetch(ME, change)).rejects.toMatchObject({ code: 'signed_out' });
    expect((await made.client.me()).id).toBe(next.id);
    expect([made.sent.filter(isChange).length, made.signedOut()]).toEqual([0, 0]);
  });
});

describe('an abort', () => {
  it('ends the waiting of the one who wanted it, and neither the refresh nor the waiting of others', async () => {
    const gate = Promise.withResolvers<undefined>();
    const { client, count } = await signedInProgram(await person(), {
      between: (request) => (isRefresh(request) ? gate.promise : undefined),
    });
    inMinutes(31);
    const controller = new AbortController();
    const aborted = [
      client.me({ signal: controller.signal }),
      client.fetch(ME, { signal: controller.signal }),
    ];
    const others = [client.me(), client.refresh()];
    const failed = Promise.allSettled(aborted);
    await vi.waitFor(() => expect(count('token/refresh/')).toBe(1), 30_000);
    controller.abort(new Error('no longer wanted'));
    expect(await failed).toMatchObject(Array(2).fill({ reason: { message: 'no longer wanted' } }));
    gate.resolve(undefined);
    await Promise.all(others);
    expect([count('token/refresh/'), count('users/me/')]).toEqual([1, 1]);
  });

  it('of all who waited leaves a refresh whose failure nobody hears of', async () => {
    const gate = Promise.withResolvers<undefined>();
    const { client, count } = await signedInProgram(await person(), {
      between: (request) => (isRefresh(request) ? gate.promise : undefined),
    });
    inMinutes(31);
    const controller = new AbortController();
    const waiting = client.me({ signal: controller.signal });
    const failed = expect(waiting).rejects.toThrow('enough');
    await vi.waitFor(() => expect(count('token/refresh/')).toBe(1), 30_000);
    controller.abort(new Error('enough'));
    await failed;
    gate.reject(new TypeError('fetch failed'));
    await expect(client.me()).rejects.toBeInstanceOf(NetworkError);
  });

  it('before a request sends nothing, and during one is told by its own reason', async () => {
    const { client, sent } = await signedInProgram(await person(), {
      between: (request) =>
        isMe(request)
          ? new Promise((_, reject) => {
              request.signal.addEventListener('abort', () => reject(request.signal.reason));
            })
          : undefined,
    });
    await expect(client.me({ signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late');
    expect(sent).toEqual([]);
    const controller = new AbortController();
    const waiting = expect(client.me({ signal: controller.signal })).rejects.toThrow('enough');
    await vi.waitFor(() => expect(sent.length).toBe(1), 30_000);
    controller.abort(new Error('enough'));
    await waiting;
  });
});
