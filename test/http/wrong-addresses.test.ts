import { describe, expect, it } from 'vitest';
import { call, get, ORIGIN, send } from '../support/api.ts';
import { env } from '../support/env.ts';
import { exampleOf } from '../support/examples.ts';
import { pathWith, readOperations } from '../support/openapi.ts';
import { keyOf, person, signedInAdmin } from '../support/people.ts';
import { storedState } from '../support/state.ts';

const operations = await readOperations();
const withId = operations.filter(({ hasId }) => hasId);
const PAGED = ['/users/', '/groups/', '/api-keys/', '/permissions/'];

describe('an id that cannot exist', () => {
  const ids = [
    'abc',
    '1.5',
    '-1',
    '+1',
    '0',
    '0x1',
    '1e1',
    '99999999999999999999',
    '999999999999999',
    '2147483648',
  ];
  const encoded = [
    '%00',
    '%ff',
    '1%00',
    '%F0%9F%98%80',
    '%201',
    '1%20',
    '%31%2F1',
    '%D9%A1',
    '%EF%BC%91',
    '1;1',
    '%25',
  ];

  it.each(withId)('answers 404 to $id as JSON, and nothing changes', async (operation) => {
    const { access: token } = await signedInAdmin();
    const { body } = await exampleOf(operation);
    const before = await storedState();
    for (const id of [...ids, ...encoded]) {
      const answer = await call(operation.method, pathWith(operation, id), { token, body });
      expect(answer.status, `${id}: ${answer.text}`).toBe(404);
      expect(answer.headers.get('Content-Type'), id).toMatch(/^application\/json/);
      expect(answer.body, id).toEqual({ detail: expect.stringMatching(/\S/) });
    }
    expect(await storedState()).toEqual(before);
  });

  it('is not one with leading zeros: it names the same user, as in the reference', async () => {
    const { access: token } = await signedInAdmin();
    const { id } = await person();
    expect((await get(`/users/00${id}/`, { token })).body.id).toBe(id);
  });
});

describe('a page that does not exist', () => {
  it.each(PAGED)('answers 404 at %s', async (path) => {
    const { access: token } = await signedInAdmin();
    for (const page of [
      '0',
      '-1',
      'x',
      '',
      '1.5',
      '1e9',
      '999999999',
      '99999999999999999999',
      '%ff',
      '%00',
      '1%00',
    ]) {
      const answer = await get(`${path}?page=${page}`, { token });
      expect(answer.status, `${page}: ${answer.text}`).toBe(404);
      expect(answer.body, page).toEqual({ detail: 'Invalid page.' });
    }
  });

  it.each(PAGED)('uses the default size at %s when the one asked for is invalid', async (path) => {
    const { access: token } = await signedInAdmin();
    const standard = await get(`${path}?page=1`, { token });
    for (const size of ['x', '0', '-1', '', '1e9', '1.5', '%ff', '99999999999999999999']) {
      const answer = await get(`${path}?page=1&page_size=${size}`, { token });
      expect([answer.status, answer.body.results], size).toEqual([200, standard.body.results]);
    }
  });

  it('has 200 rows at most, however many are asked for', async () => {
    const { access: token } = await signedInAdmin();
    const names = JSON.stringify(Array.from({ length: 201 }, (_, i) => `group ${i}`));
    await env.DB.prepare(`insert into groups (name, permissions) select value, '[]' from json_each(?)`)
      .bind(names)
      .run();
    const { body } = await get('/groups/?page_size=100000', { token });
    expect(body.count).toBeGreaterThan(200);
    expect(body.results).toHaveLength(200);
    expect(body.next).toBe(`${ORIGIN}/api/accounts/groups/?page_size=100000&page=2`);
  });
});

describe('a wrong filter', () => {
  it('by user_id answers 404', async () => {
    const { access: token } = await signedInAdmin();
    for (const userId of [
      'abc',
      '',
      '0',
      '-1',
      '1.5',
      '01',
      '2147483648',
      '99999999999999999999',
      '%00',
      '%ff',
    ]) {
      const answer = await get(`/api-keys/?user_id=${userId}`, { token });
      expect(answer.status, `${userId}: ${answer.text}`).toBe(404);
      expect(answer.body, userId).toEqual({ detail: 'User not found.' });
    }
  });

  it('by search finds nobody, and takes no character for a wildcard', async () => {
    const { access: token } = await signedInAdmin();
    for (const search of [
      '%25',
      '_',
      '*',
      '%00',
      '%ff',
      "'",
      '%F0%9F%98%80',
      'x'.repeat(5000),
      '%F4%8F%BF%BF',
    ]) {
      const answer = await get(`/users/?search=${search}`, { token });
      expect([answer.status, answer.body], search.slice(0, 20)).toEqual([200, []]);
    }
  });
});

describe('a header that no client of ours writes', () => {
  /** Bytes as they come over the network: a JavaScript string of Latin-1 characters. */
  const meWith = async (headers: [string, string][]): Promise<{ status: number; text: string }> => {
    const response = await send(new Request(`${ORIGIN}/api/accounts/users/me/`, { headers }));
    return { status: response.status, text: await response.text() };
  };
  const ascii = [
    '\x01',
    '%',
    ',',
    ' ',
    ', ',
    '\t',
    '"',
    'a.b.c',
    'a.b',
    '..',
    '...',
    'null',
    'x'.repeat(8000),
  ];
  const others = ['\xff\xfe abc', 'é', '😀'];
  const tokens = ['e30.e30.e30', 'eyJhbGciOiJub25lIn0.e30.', 'eyJhbGciOiJIUzI1NiJ9.e30.e30', '\xa0'];

  it.each(['Authorization', 'X-API-Key'])('in %s answers 401', async (name) => {
    for (const value of [...ascii, ...others]) {
      const answer = await meWith([[name, value]]);
      expect(answer.status, `${value.slice(0, 20)}: ${answer.text}`).toBe(401);
    }
  });

  it.each(['Bearer', 'ApiKey', 'bEaReR', 'Basic'])('with the scheme %s answers 401', async (scheme) => {
    for (const value of [...ascii, ...tokens]) {
      const answer = await meWith([['Authorization', `${scheme} ${value}`]]);
      expect(answer.status, `${value.slice(0, 20)}: ${answer.text}`).toBe(401);
    }
  });

  it('answers 401 to two keys, and to a good one with more in its header', async () => {
    const key = await keyOf(await signedInAdmin());
    expect((await meWith([['X-API-Key', key]])).status).toBe(200);
    expect(
      (
        await meWith([
          ['X-API-Key', key],
          ['X-API-Key', key],
        ])
      ).status,
    ).toBe(401);
    expect((await meWith([['X-API-Key', `${key}é`]])).status).toBe(401);
    expect((await meWith([['Authorization', `ApiKey ${key} ${key}`]])).status).toBe(401);
  });
});
