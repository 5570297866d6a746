import { describe, expect, it } from 'vitest';
import { BASE, get, ORIGIN, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { person, signedInAdmin, signedInAs, uniqueName } from '../support/people.ts';

describe('GET /users/', () => {
  const three = async () => {
    const prefix = uniqueName();
    for (const end of ['c', 'a', 'b']) await person({ username: `${prefix}${end}` });
    const { access: token } = await signedInAs('view_user');
    return { prefix, token };
  };

  it('is a bare array, of those that are searched by username, or a page with links that keep the question', async () => {
    const { prefix, token } = await three();
    const list = await get(`/users/?search=${prefix}`, { token });
    expect(list.body.map(({ username }: { username: string }) => username.at(-1)).join('')).toBe('abc');
    expect(list.body[0]).toEqual((await get(`/users/${list.body[0].id}/`, { token })).body);
    const link = (page: number) => `${ORIGIN}${BASE}/users/?search=${prefix}&page_size=1&page=${page}`;
    const pages = await Promise.all([1, 2, 3].map((page) => get(link(page).replace(ORIGIN, ''), { token })));
    expect(pages.map(({ body }) => body)).toEqual([
      { count: 3, next: link(2), previous: null, results: [list.body[0]] },
      { count: 3, next: link(3), previous: link(1), results: [list.body[1]] },
      { count: 3, next: null, previous: link(2), results: [list.body[2]] },
    ]);
  });

  it.each(['page=0', 'page=4&page_size=1', 'page=-1', 'page=x', 'page=', 'page=1000000000'])(
    'has no page for ?%s',
    async (query) => {
      const { prefix, token } = await three();
      const answer = await get(`/users/?search=${prefix}&${query}`, { token });
      expect(answer).toMatchObject({ status: 404, body: { detail: 'Invalid page.' } });
    },
  );

  it('searches by prefix, in the case given, where % and _ are characters', async () => {
    const { prefix, token } = await three();
    const found = async (search: string) =>
      (await get(`/users/?search=${encodeURIComponent(search)}`, { token })).body.length;
    await person({ username: `${prefix}_x` });
    expect(await found(prefix)).toBe(4);
    expect(await found(`${prefix}_`)).toBe(1);
    for (const search of [
      prefix.toUpperCase(),
      prefix.slice(1),
      '%',
      `${prefix}%`,
      '*',
      "' or 1=1 --",
      '\0',
      '\u{10ffff}',
    ]) {
      expect(await found(search), search).toBe(0);
    }
    expect(await found('')).toBe((await get('/users/', { token })).body.length);
  });

  it('answers 400 beyond 5,000 users, saying to page, and pages through them at most 200 at a time', async () => {
    const { access: token } = await signedInAs('view_user');
    const stored = await env.DB.prepare('select count(*) as n from users').first<number>('n');
    await env.DB.prepare(
      `insert into users (username, password_hash, email, first_name, last_name, user_level, is_active, is_staff,
        is_superuser, date_joined, custom_properties, avatar_config, channel_profiles, stream_limit, change_id)
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
      select 'bulk' || i, '', '', '', '', 0, 1, 0, 0, 0, '{}', '{}', '[]', 0, '' from n`,
    )
      .bind(5000 - (stored ?? 0))
      .run();
    expect((await get('/users/', { token })).body).toHaveLength(5000);
    await person();
    const answer = await get('/users/', { token });
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('page') } });
    expect((await get('/users/?page_size=5000', { token })).body).toMatchObject({
      count: 5001,
      results: { length: 200 },
    });
    expect((await get('/users/?page=1', { token })).body.results).toHaveLength(50);
    expect((await get('/users/?search=bulk499', { token })).body.length).toBeGreaterThan(0);
  });

  it('is bounded in what it holds of each user: avatar_config as written, and lists of ids', async () => {
    const { access: token } = await signedInAdmin();
    const create = (fields: object) =>
      post('/users/', { username: uniqueName(), password: 'long enough', ...fields }, { token });
    // Four characters that are written as twenty-one.
    const numbers = (count: number) => `{"n":[${Array(count).fill('1e20').join()}]}`;
    const large = `{"username":"${uniqueName()}","password":"long enough","avatar_config":${numbers(5000)}}`;
    expect(await post('/users/', large, { token })).toMatchObject({
      status: 400,
      body: { avatar_config: ['avatar_config exceeds maximum size of 102400 bytes'] },
    });
    const ids = Array.from({ length: 1001 }, (_, i) => i + 1);
    expect(await create({ channel_profiles: ids })).toMatchObject({
      status: 400,
      body: { channel_profiles: ['Ensure this field has no more than 1000 elements.'] },
    });
    expect((await create({ channel_profiles: ids.slice(1) })).status).toBe(201);
  });
});
