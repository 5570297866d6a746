import { afterEach, describe, expect, it, vi } from 'vitest';
import { NetworkError } from '../../src/sdk/index.ts';
import { ORIGIN } from '../support/api.ts';
import { keyOf, person, signedInAs } from '../support/people.ts';
import { type Between, inMinutes, program, signedInProgram } from '../support/program.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const ME = `${ORIGIN}/api/accounts/users/me/`;
const OTHER = 'https://api.example.com';
const FOREIGN = 'https://elsewhere.example';
const credentialsIn = ({ headers }: { headers: Headers }) => [
  headers.get('Authorization')?.split(' ')[0] ?? null,
  headers.get('X-API-Key')?.slice(0, 4) ?? null,
];

/** Everything but the service answers its own address. */
const world: Between = ({ url }) => (url.startsWith(ORIGIN) ? undefined : new Response(url));

describe('a request that is answered 401', () => {
  const form = new FormData();
  form.set('first_name', 'Ada');
  const JSON_TYPE = { 'Content-Type': 'application/json' };
  const text = JSON.stringify({ first_name: 'Ada' });
  const BODIES: [string, RequestInit & { duplex?: 'half' }][] = [
    ['text', { headers: JSON_TYPE, body: text }],
    ['bytes', { headers: JSON_TYPE, body: new TextEncoder().encode(text) }],
    ['a stream', { headers: JSON_TYPE, body: new Blob([text]).stream(), duplex: 'half' }],
    ['a form', { body: new URLSearchParams({ first_name: 'Ada' }) }],
    ['a form with parts', { body: form }],
  ];

  it.each(BODIES)('is sent once more with its body, which is %s', async (_, init) => {
    const { client, sent } = await signedInProgram(await person());
    inMinutes(31, ['Date']);
    const answer = await client.fetch(new Request(ME, { method: 'PATCH', ...init }));
    expect([answer.status, ((await answer.json()) as { first_name: string }).first_name]).toEqual([
      200,
      'Ada',
    ]);
    const [first, refresh, second] = sent;
    expect([sent.length, refresh?.url.endsWith('/token/refresh/')]).toEqual([3, true]);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers.get('Content-Type')).toBe(first?.headers.get('Content-Type'));
    expect(second?.headers.get('Authorization')).not.toBe(first?.headers.get('Authorization'));
  });

  it('twice is given back, and an error where the client reads it', async () => {
    const refusing: Between = ({ url }) =>
      url.startsWith(OTHER) ? Response.json({ detail: 'Never.' }, { status: 401 }) : undefined;
    const made = await signedInProgram(await person(), { origins: [OTHER], between: refusing });
    const answer = await made.client.fetch(OTHER);
    expect([answer.status, await answer.json()]).toEqual([401, { detail: 'Never.' }]);
    expect(made.sent.map(({ url }) => url)).toEqual([
      `${OTHER}/`,
      `${ORIGIN}/api/accounts/token/refresh/`,
      `${OTHER}/`,
    ]);
    expect(made.signedOut()).toBe(0);
    const reading = await signedInProgram(await person(), {
      between: ({ url }) => (url === ME ? Response.json({ detail: 'Never.' }, { status: 401 }) : undefined),
    });
    await expect(reading.client.me()).rejects.toMatchObject({ status: 401, detail: 'Never.' });
    expect([reading.count('users/me/'), reading.count('token/refresh/')]).toEqual([2, 1]);
  });

  // As where somebody keeps a clone of the answer and never reads it.
  it.each([
    ['never ends', () => new Promise<void>(() => undefined)],
    ['fails', () => Promise.reject(new Error('no'))],
  ])('is sent once more also where cancelling the answer %s', async (_, cancel) => {
    const { client, count } = await signedInProgram(await person(), {
      between: ({ url }, number) =>
        url === ME && number === 1
          ? new Response(new ReadableStream({ cancel }), { status: 401 })
          : undefined,
    });
    expect((await client.fetch(ME)).status).toBe(200);
    expect(count('users/me/')).toBe(2);
  });

  it('without a login is given back at once', async () => {
    const { client, sent, signedOut } = program();
    expect((await client.fetch(ME)).status).toBe(401);
    expect([sent.length, signedOut()]).toEqual([1, 0]);
  });
});

describe('a credential', () => {
  it('is sent to the service and to the origins that were named, and to no other', async () => {
    const { client, sent } = await signedInProgram(await person(), { origins: [OTHER], between: world });
    const targets = [
      ME,
      new URL(ME),
      new Request(`${OTHER}/x`),
      `${FOREIGN}/`,
      'https://api.example.com.evil.example/',
      'http://api.example.com/',
      'https://api.example.com:8443/',
      'http://localhost:8788/api/accounts/users/me/',
    ];
    for (const target of targets) await client.fetch(target);
    expect(sent.map((each) => credentialsIn(each)[0])).toEqual([
      'Bearer',
      'Bearer',
      'Bearer',
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('of the caller counts instead of ours, and nothing is refreshed for it', async () => {
    const { client, sent } = await signedInProgram(await person());
    for (const [name, value] of [
      ['Authorization', 'Bearer mine'],
      ['X-API-Key', 'mine'],
    ] as const) {
      expect((await client.fetch(ME, { headers: { [name]: value } })).status).toBe(401);
    }
    expect(sent.map(credentialsIn)).toEqual([
      ['Bearer', null],
      [null, 'mine'],
    ]);
  });

  it('is not sent where the service looks at none', async () => {
    const { client, sent } = await signedInProgram(await person());
    await expect(client.request('POST token/verify/', { body: { token: 'x' } })).rejects.toMatchObject({
      status: 401,
    });
    await client.request('GET initialize-superuser/');
    expect(sent.map((each) => credentialsIn(each)[0])).toEqual([null, null]);
  });

  it.each(['https://a.example/x', 'https://a.example/?', 'file:///x', 'data:,x', 'a.example'])(
    'is sent to no such origin as %j, which is refused',
    (origin) => {
      expect(() => program({ origins: [origin] })).toThrow(TypeError);
      expect(() => program({ baseUrl: origin })).toThrow(TypeError);
    },
  );
});

describe('a redirect', () => {
  /** `/go/STATUS/URL` leads there; the last answer tells what arrived. */
  const redirecting: Between = async (request) => {
    const [, status, location] = /\/go\/(\d+)\/(.+)$/.exec(request.url) ?? [];
    if (location !== undefined)
      return new Response('gone', {
        status: Number(status),
        headers: { Location: decodeURIComponent(location) },
      });
    if (request.url.startsWith(ORIGIN)) return undefined;
    const { method, headers } = request;
    return Response.json({
      method,
      body: await request.text(),
      of: credentialsIn(request),
      type: headers.get('Content-Type'),
    });
  };
  const via = (status: number, target: string) => `${OTHER}/go/${status}/${encodeURIComponent(target)}`;
  const programs: [string, () => Promise<ReturnType<typeof program>>, unknown[]][] = [
    [
      'a token',
      async () => signedInProgram(await person(), { origins: [OTHER], between: redirecting }),
      ['Bearer', null],
    ],
    [
      'a key',
      async () =>
        program({ apiKey: await keyOf(await signedInAs()), origins: [OTHER], between: redirecting }),
      [null, 'dsp_'],
    ],
  ];

  it.each(programs)('takes %s along within the named origins, and to no other', async (_, start, own) => {
    const { client } = await start();
    const arrived = async (url: string) => (await (await client.fetch(url)).json()) as { of: unknown };
    expect((await arrived(via(302, `${OTHER}/x`))).of).toEqual(own);
    expect((await arrived(via(302, '/x'))).of).toEqual(own);
    for (const status of [301, 302, 303, 307, 308])
      expect((await arrived(via(status, `${FOREIGN}/x`))).of).toEqual([null, null]);
    // Not on a way back either.
    expect((await arrived(via(302, `${FOREIGN}/go/302/${encodeURIComponent(`${OTHER}/x`)}`))).of).toEqual([
      null,
      null,
    ]);
  });

  it.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [302, 'PUT', 'PUT'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
  ])('with %d makes of %s what fetch makes of it: %s', async (status, method, then) => {
    const [, start] = programs[0] ?? [];
    const { client } = (await start?.()) ?? program();
    const answer = await client.fetch(via(status, `${OTHER}/x`), { method, body: 'text' });
    const keepsBody = then !== 'GET';
    expect(await answer.json()).toMatchObject({
      method: then,
      body: keepsBody ? 'text' : '',
      type: keepsBody ? expect.stringMatching('text/plain') : null,
    });
  });

  it.each([
    'http://[',
    'data:text/plain,hi',
    'mailto:ada@example.com',
    'https://ada:pw@api.example.com/',
    'https://ada@elsewhere.example/',
  ])('to %s is not followed', async (location) => {
    const { client, sent } = await signedInProgram(await person(), {
      origins: [OTHER],
      between: redirecting,
    });
    await expect(client.fetch(via(302, location))).rejects.toBeInstanceOf(NetworkError);
    expect(sent.length).toBe(1);
  });

  it('after which the credential was not asked for is no reason to ask again when it is answered 401', async () => {
    const { client, sent } = await signedInProgram(await person(), {
      origins: [OTHER],
      between: ({ url }) =>
        url.startsWith(FOREIGN) ? new Response('no', { status: 401 }) : redirecting(new Request(url), 0),
    });
    const answer = await client.fetch(via(307, `${FOREIGN}/x`), { method: 'POST', body: 'text' });
    expect([answer.status, await answer.text()]).toEqual([401, 'no']);
    expect(sent.map(({ url }) => new URL(url).origin)).toEqual([OTHER, FOREIGN]);
  });

  it('is shown to a caller who wants to see it, and ends after twenty', async () => {
    const { client, sent } = await signedInProgram(await person(), {
      origins: [OTHER],
      between: ({ url }) =>
        url.startsWith(ORIGIN)
          ? undefined
          : new Response(null, { status: 302, headers: { Location: '/again' } }),
    });
    expect((await client.fetch(OTHER, { redirect: 'manual' })).status).toBe(302);
    await expect(client.fetch(OTHER)).rejects.toBeInstanceOf(NetworkError);
    expect(sent.length).toBe(22);
  });
});

describe('with an API key', () => {
  it('there is nothing to sign in, out or refresh, and a 401 is given back', async () => {
    const who = await signedInAs();
    const { client, sent } = program({ apiKey: await keyOf(who) });
    expect((await client.me()).id).toBe(who.id);
    for (const act of [
      () => client.login(who),
      () => client.logout(),
      () => client.logout({ scope: 'others' }),
      () => client.refresh(),
    ])
      await expect(act()).rejects.toThrow('A client with an API key has no login.');
    expect(sent.map(credentialsIn)).toEqual([[null, 'dsp_']]);
    const wrong = program({ apiKey: 'dsp_wrong' });
    await expect(wrong.client.me()).rejects.toMatchObject({ status: 401, detail: 'Invalid API key' });
    expect(wrong.sent.length).toBe(1);
  });

  it.each(['dsp_a b', 'dsp_a\nb', 'dsp_a\r\nX-Other: b', 'dsp_ä'])(
    'that no header can hold, as %j, there is no client, and nobody is told the key',
    (apiKey) => {
      const make = () => program({ apiKey });
      expect(make).toThrow(TypeError);
      expect(make).not.toThrow('dsp_');
    },
  );

  it('that was read with the end of its line is sent without it', async () => {
    const who = await signedInAs();
    const { client } = program({ apiKey: `${await keyOf(who)}\n` });
    expect((await client.me()).id).toBe(who.id);
  });
});
