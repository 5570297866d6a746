import { describe, expect, it } from 'vitest';
import { MAX_CUSTOM_PROPERTIES_BYTES } from '../../src/core/custom-properties.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { User } from '../../src/core/users.ts';
import { env } from '../support/env.ts';
import { ADMIN, NOW, row, storedUser, users } from '../support/stores.ts';

async function patched(before: JsonObject, ...patches: JsonObject[]): Promise<JsonObject> {
  const { id } = await storedUser({ customProperties: before });
  let after = before;
  for (const customProperties of patches) {
    after = row<User>(await users.update(id, { customProperties }, ADMIN, NOW)).customProperties;
  }
  return after;
}

async function storedText(id: number): Promise<string> {
  const text = await env.DB.prepare('select custom_properties from users where id = ?').bind(id);
  const members: Record<string, string> = JSON.parse((await text.first<string>('custom_properties')) ?? '{}');
  return `{${Object.entries(members)
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`)
    .join()}}`;
}

describe('a patch of custom_properties', () => {
  it('loses nothing when eight patches of different members race', async () => {
    const { id } = await storedUser({ customProperties: { first: 0 } });
    await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        users.update(id, { customProperties: { [`member ${i}`]: { i } } }, ADMIN, NOW),
      ),
    );
    const members = Array.from({ length: 8 }, (_, i) => [`member ${i}`, { i }]);
    expect((await users.find(id))?.user.customProperties).toEqual({
      first: 0,
      ...Object.fromEntries(members),
    });
  });

  it('adds, replaces and deletes members of the top level', async () => {
    expect(await patched({ a: 1, b: 2, c: 3 }, { b: 'two', c: null, d: [4] })).toEqual({
      a: 1,
      b: 'two',
      d: [4],
    });
    expect(await patched({ a: 1 }, { a: null, b: null })).toEqual({});
    expect(await patched({}, { a: 1 })).toEqual({ a: 1 });
  });

  it('keeps everything for an empty patch', async () => {
    expect(await patched({ a: 1, b: null }, {})).toEqual({ a: 1, b: null });
    expect(await patched({}, {})).toEqual({});
  });

  it('replaces nested values whole, and keeps null inside them', async () => {
    const before = { nested: { a: 1, b: 2 }, list: [1, 2, 3] };
    const patch = { nested: { c: null, d: { e: null } }, list: [null] };
    expect(await patched(before, patch)).toEqual(patch);
  });

  it.each([
    [[0.30000000000000004, 0.1 + 0.7, 1.1, -0.5]],
    [[1e300, 1e-300, 5e-324, 1.7976931348623157e308]],
    [[2 ** 53, 2 ** 53 + 2, -(2 ** 53), 2 ** 63, 1e21, 123456789012345680000]],
    [[0, -1, 1e5, 100, 1e-7]],
  ])('keeps the digits of %j, through later patches too', async (numbers) => {
    const before = { numbers, single: numbers[0] ?? 0 };
    expect(await patched(before, { numbers, other: numbers }, { again: 1 }, {})).toEqual({
      ...before,
      other: numbers,
      again: 1,
    });
    const { id } = await storedUser({ customProperties: before });
    await users.update(id, { customProperties: { other: numbers } }, ADMIN, NOW);
    expect(await storedText(id)).toBe(JSON.stringify({ ...before, other: numbers }));
  });

  it.each([
    ['true and false', { a: true, b: false }],
    ['empty values', { a: '', b: [], c: {} }],
    ['quotes and escapes', { a: 'say "no"\\\n\t\u0001', b: '\u2028' }],
    ['text that is JSON', { a: '{"b":1}', b: 'null', c: '12' }],
    ['text in other scripts', { a: 'Žluťoučký kůň', b: '🔑👨‍👩‍👧', c: '日本語' }],
    ['SQL', { a: "'; drop table users; --" }],
    ['nested members', { a: { 'b.c': { '"': [{ '': 1 }] } } }],
  ])('keeps values as they are: %s', async (_, values) => {
    expect(await patched({ old: 1 }, values, { other: 2 })).toEqual({ old: 1, ...values, other: 2 });
  });

  const KEYS = [
    'plain',
    '',
    ' ',
    '.',
    'a.b',
    '$',
    '$.a',
    '#',
    '[0]',
    'a[0]',
    'a]',
    '0',
    '-1',
    '1e3',
    '"',
    '""',
    'a"b',
    '"a"',
    "'",
    "it's",
    '\\',
    'a\\',
    '\\"',
    'a\\"b',
    '\\u0061',
    '\n',
    'a\tb',
    '\u0001',
    '\u007f',
    '/',
    '%',
    '*',
    '?',
    ':',
    ',',
    '{}',
    'null',
    'true',
    'key',
    'text',
    'type',
    'fullkey',
    '🔑',
    'é',
    'e\u0301',
    '\u2028',
    '\ufeff',
    '__proto__',
    'constructor',
    'toString',
    'a'.repeat(5000),
  ];

  it.each(KEYS)('keeps, replaces and deletes the member %j', async (key) => {
    const one = (value: JsonObject[string]): JsonObject =>
      JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(value)}}`);
    const { id } = await storedUser({ customProperties: { other: 1, ...one('first') } });
    const patch = async (customProperties: JsonObject) =>
      new Map(
        Object.entries(row<User>(await users.update(id, { customProperties }, ADMIN, NOW)).customProperties),
      );
    expect(await patch(one({ deep: ['second'] }))).toEqual(
      new Map<string, unknown>([
        ['other', 1],
        [key, { deep: ['second'] }],
      ]),
    );
    expect((await patch({ last: 2 })).get(key)).toEqual({ deep: ['second'] });
    expect(await patch(one(null))).toEqual(
      new Map([
        ['other', 1],
        ['last', 2],
      ]),
    );
  });

  it('tells all of these members apart', async () => {
    const pairs = KEYS.map((key, i): [string, number] => [key, i]);
    const all = Object.fromEntries(pairs);
    expect(new Map(Object.entries(await patched(all, { added: 1 })))).toEqual(
      new Map([...pairs, ['added', 1]]),
    );
    expect(new Map(Object.entries(await patched({ added: 1 }, all)))).toEqual(
      new Map([['added', 1], ...pairs]),
    );
  });

  it('stores up to 102,400 bytes and not one more, counted in UTF-8', async () => {
    const overhead = JSON.stringify({ a: '', b: '' }).length;
    const room = MAX_CUSTOM_PROPERTIES_BYTES - overhead;
    const { id } = await storedUser({ customProperties: { a: 'x'.repeat(50_000) } });
    const patch = (b: string) => users.update(id, { customProperties: { b } }, ADMIN, NOW);
    expect(await patch('x'.repeat(room - 50_000 + 1))).toEqual({ kind: 'properties_too_large' });
    expect(await patch('é'.repeat((room - 50_000) / 2 + 1))).toEqual({ kind: 'properties_too_large' });
    expect((await users.find(id))?.user.customProperties).toEqual({ a: 'x'.repeat(50_000) });
    row(await patch('é'.repeat(Math.floor((room - 50_000) / 2))));
    row(await patch('x'.repeat(room - 50_000)));
    expect(new TextEncoder().encode(await storedText(id))).toHaveLength(MAX_CUSTOM_PROPERTIES_BYTES);
  });

  it('lets a full object be emptied and replaced', async () => {
    const { id } = await storedUser({ customProperties: { a: 'x'.repeat(102_000) } });
    const replaced = await users.update(
      id,
      { customProperties: { a: null, b: 'y'.repeat(102_000) } },
      ADMIN,
      NOW,
    );
    expect(row<User>(replaced).customProperties).toEqual({ b: 'y'.repeat(102_000) });
  });
});

it('tells nothing of stored properties that it cannot read', async () => {
  const { id } = await storedUser();
  const spoil = env.DB.prepare(`update users set custom_properties = '{"a":"secret"}' where id = ?`);
  await spoil.bind(id).run();
  const error = await users.find(id).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(`${error} ${(error as Error).cause}`).not.toContain('secret');
});
