import { describe, expect, it } from 'vitest';
import { call, envWith, get, post } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { broken, intercepted } from '../support/intercepted-database.ts';
import { keyOf, signedInAs } from '../support/people.ts';
import { envWithInterchange, referenceToken } from '../support/wire-tokens.ts';

const lines = keepConsoleLines();

/** The one line that the last request logged. */
function logged(): Record<string, unknown> {
  expect(lines).toHaveLength(1);
  return JSON.parse(lines.splice(0)[0] ?? '');
}

describe('each request logs one line', () => {
  it('with its id, route, status, caller, round trips and times, and nothing else', async () => {
    const who = await signedInAs();
    lines.length = 0;
    const { headers } = await get('/users/me/?token=abc', { token: who.access });
    expect(logged()).toEqual({
      level: 'info',
      requestId: headers.get('X-Request-Id'),
      method: 'GET',
      route: '/api/accounts/users/me/',
      status: 200,
      caller: { kind: 'session', userId: who.id },
      databaseRoundTrips: 1,
      databaseMs: expect.any(Number),
      wallMs: expect.any(Number),
    });
  });

  it('that names the route by its pattern, and no path that a client made up', async () => {
    await get('/users/123/');
    expect(logged()).toMatchObject({ route: '/api/accounts/users/{id}/', status: 401, caller: null });
    await get('/users/secret-in-a-path/', { headers: { 'X-API-Key': 'nope' } });
    expect(logged()).toMatchObject({ route: '/api/accounts/users/{id}/', status: 401 });
    await get('/api/secret-in-a-path/');
    expect(logged()).toMatchObject({ route: null, status: 404 });
    await call('OPTIONS', '/token/');
    expect(logged()).toMatchObject({ route: '/api/accounts/token/', method: 'OPTIONS', status: 204 });
    await call('PUT', '/token/');
    expect(logged()).toMatchObject({ route: '/api/accounts/token/', status: 405, databaseRoundTrips: 0 });
  });

  it('that tells how the caller proved who it is, also where it may not', async () => {
    const who = await signedInAs();
    const key = await keyOf(who);
    const foreign = await referenceToken(who.id);
    lines.length = 0;
    await get('/users/', { key });
    expect(logged()).toMatchObject({ status: 403, caller: { kind: 'api_key', userId: who.id } });
    await get('/users/me/', { token: foreign, env: envWithInterchange() });
    expect(logged()).toMatchObject({ caller: { kind: 'interchange', userId: who.id } });
    await get('/users/me/', { token: 'garbage' });
    expect(logged()).toMatchObject({ status: 401, caller: null });
  });

  it('that counts its own round trips, however many requests run at once', async () => {
    const who = await signedInAs();
    lines.length = 0;
    await Promise.all([
      get('/users/me/', { token: who.access }),
      post('/token/', who),
      get('/api/schema/'),
      post('/api-keys/generate/', {}, { token: who.access }),
    ]);
    const counts = lines
      .map((line) => JSON.parse(line))
      .map(({ route, databaseRoundTrips }) => [route, databaseRoundTrips]);
    expect(Object.fromEntries(counts)).toEqual({
      '/api/accounts/users/me/': 1,
      '/api/accounts/token/': 2,
      '/api/schema/': 0,
      '/api/accounts/api-keys/generate/': 2,
    });
  });

  it('that tells how long the database took', async () => {
    const slow = intercepted(env.DB, async (_, send) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return send();
    });
    await get('/api/health/', { env: envWith({ DB: slow }) });
    const { databaseMs, wallMs } = logged();
    expect(databaseMs).toBeGreaterThanOrEqual(19);
    expect(wallMs).toBeGreaterThanOrEqual(Number(databaseMs));
  });

  it('as an error with its causes when the service failed', async () => {
    await get('/api/health/', { env: envWith({ DB: broken(env.DB) }) });
    expect(logged()).toMatchObject({
      level: 'error',
      status: 503,
      databaseRoundTrips: 2,
      causes: [expect.stringMatching(/^DomainError/), expect.stringContaining('Network connection lost')],
    });
  });

  it('with no word of the client’s, in whatever header, query or body', async () => {
    const marks = { 'User-Agent': 'mark-1', Origin: 'https://mark-2.example', 'X-Request-Id': 'mark-3' };
    const secrets = { username: 'mark-4', password: 'mark-5' };
    await post('/token/?q=mark-6', secrets, { headers: { ...marks, Authorization: 'Bearer mark-7' } });
    expect(lines.join()).not.toContain('mark-');
  });
});
