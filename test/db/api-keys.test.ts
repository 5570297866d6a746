import { describe, expect, it } from 'vitest';
import {
  type ApiKey,
  type ApiKeyProblem,
  digestOf,
  type NewApiKey,
  type StoredApiKey,
} from '../../src/core/api-keys.ts';
import { createApiKeyStore } from '../../src/db/api-keys.ts';
import { connect } from '../../src/db/client.ts';
import { env } from '../support/env.ts';
import { lostAfterFirstBatch } from '../support/intercepted-database.ts';
import {
  ADMIN,
  apiKeys,
  callers,
  groupOf,
  holding,
  later,
  NOW,
  newApiKey,
  profiles,
  row,
  SOMEWHERE,
  storedUser,
  users,
} from '../support/stores.ts';

const ALL = { offset: 0, limit: 100 };
const isKey = (outcome: StoredApiKey | ApiKeyProblem): outcome is StoredApiKey => typeof outcome !== 'string';

const keysOf = async (userId: number): Promise<ApiKey[]> => (await apiKeys.list(userId, ALL)).rows;
const namesOf = async (userId: number): Promise<string[]> =>
  (await keysOf(userId)).map(({ name }) => name).sort();

async function generated(userId: number, limit: number, fields: Partial<NewApiKey> = {}) {
  return apiKeys.replace(await newApiKey(userId, fields), limit, ADMIN);
}

const revocationsOf = async (userId: number) => {
  const sql = "select * from audit_events where user_id = ? and event = 'authn_token_revoked'";
  return (await env.DB.prepare(sql).bind(userId).all()).results;
};

async function withKeys(limit: number, ...names: string[]): Promise<number> {
  const { id } = await storedUser();
  for (const name of names) row(await generated(id, limit, { name }));
  return id;
}

describe('replace with one key per user', () => {
  it('leaves one live key, however many calls race, and none of the others authenticates', async () => {
    const { id } = await storedUser();
    const fresh = await Promise.all(Array.from({ length: 8 }, () => newApiKey(id)));
    const outcomes = await Promise.all(fresh.map((key) => apiKeys.replace(key, 1, ADMIN)));
    expect(outcomes.filter(isKey)).toHaveLength(8);
    const [live, ...others] = await keysOf(id);
    expect(others).toEqual([]);
    const owners = await Promise.all(fresh.map(({ digest }) => callers.byKey(digest)));
    expect(owners.flatMap((owner) => owner?.keyId ?? [])).toEqual([live?.id]);
  });

  it('replaces a key of any name, and every one that an earlier, higher limit left', async () => {
    const id = await withKeys(3, '', 'cron', 'phone');
    row(await generated(id, 1, { name: 'new' }));
    expect(await namesOf(id)).toEqual(['new']);
  });

  it('gives every key an id of its own, never the replaced one’s', async () => {
    const { id } = await storedUser();
    const ids: number[] = [];
    for (let i = 0; i < 3; i++) ids.push(row<ApiKey>(await generated(id, 1)).id);
    expect(new Set(ids).size).toBe(3);
    expect(await apiKeys.find(ids[0] ?? 0)).toBeNull();
    expect(await apiKeys.find(ids[2] ?? 0)).toMatchObject({ key: { userId: id } });
  });

  it('touches nobody else’s keys', async () => {
    const bystander = await withKeys(1, 'theirs');
    await withKeys(1, 'theirs', 'theirs');
    expect(await namesOf(bystander)).toEqual(['theirs']);
  });

  it('gives back what it stored, and keeps the digest to itself', async () => {
    const user = await storedUser();
    const key = await newApiKey(user.id, { name: 'cron' });
    const stored = row<StoredApiKey>(await apiKeys.replace(key, 1, ADMIN));
    expect(stored).toEqual({
      id: expect.any(Number),
      userId: user.id,
      username: user.username,
      name: 'cron',
      preview: key.preview,
      createdAt: NOW,
      lastUsedAt: null,
      owner: { ...user, apiKeyPreview: key.preview },
    });
    const { owner: _, ...found } = stored;
    expect((await apiKeys.find(stored.id))?.key).toEqual(found);
  });
});

describe('replace with several keys per user', () => {
  it('replaces the key of the same name, adds under another, and refuses one too many', async () => {
    const id = await withKeys(3, '', 'cron', 'phone');
    const before = await keysOf(id);
    const again = row<ApiKey>(await generated(id, 3, { name: 'cron' }));
    const replaced = before.find(({ name }) => name === 'cron');
    expect(again.id).not.toBe(replaced?.id);
    expect(await namesOf(id)).toEqual(['', 'cron', 'phone']);
    const unchanged = before.filter(({ name }) => name !== 'cron');
    expect((await keysOf(id)).filter(({ name }) => name !== 'cron')).toEqual(unchanged);
    expect(await generated(id, 3, { name: 'fourth' })).toBe('limit_reached');
    expect(await namesOf(id)).toEqual(['', 'cron', 'phone']);
  });

  it('leaves exactly as many as the limit when more names race', async () => {
    const { id } = await storedUser();
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, i) => generated(id, 3, { name: `name ${i}` })),
    );
    const stored = outcomes.filter(isKey);
    expect(stored).toHaveLength(3);
    expect(outcomes.filter((outcome) => outcome === 'limit_reached')).toHaveLength(5);
    expect(await namesOf(id)).toEqual(stored.map(({ name }) => name).sort());
  });

  it('leaves one key of a name when calls for that name race', async () => {
    const id = await withKeys(3, 'other', 'cron');
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => generated(id, 3, { name: 'cron' })));
    expect(outcomes.filter(isKey)).toHaveLength(6);
    expect(await namesOf(id)).toEqual(['cron', 'other']);
  });

  it('loses no key when the limit is lowered, and still replaces by name', async () => {
    const id = await withKeys(3, 'a', 'b', 'c');
    const before = await keysOf(id);
    expect(await generated(id, 2, { name: 'd' })).toBe('limit_reached');
    expect(await keysOf(id)).toEqual(before);
    const again = row<ApiKey>(await generated(id, 2, { name: 'b' }));
    expect(await namesOf(id)).toEqual(['a', 'b', 'c']);
    expect(before.map((key) => key.id)).not.toContain(again.id);
    const kept = (keys: ApiKey[]) => keys.filter(({ name }) => name !== 'b');
    expect(kept(await keysOf(id))).toEqual(kept(before));
  });
});

describe('whose keys may be touched', () => {
  it('stores nothing for a user that does not exist', async () => {
    expect(await generated(2_000_000_000, 1)).toBe('no_user');
  });

  it('stores and removes nothing when the owner outranks whoever asks', async () => {
    const { id } = await storedUser({ groups: [await groupOf('view_user')] });
    await generated(id, 1);
    const before = await keysOf(id);
    expect(before).toHaveLength(1);
    const actor = holding('add_apikey', 'delete_apikey');
    for (const limit of [1, 3]) {
      expect(await apiKeys.replace(await newApiKey(id), limit, actor)).toBe('outranked');
      expect(await apiKeys.replace(await newApiKey(id, { name: 'x' }), limit, actor)).toBe('outranked');
      expect(await apiKeys.deletePersonal(id, limit, actor)).toBe(false);
    }
    expect(await apiKeys.delete(before[0]?.id ?? 0, actor)).toBe(false);
    expect(await keysOf(id)).toEqual(before);
  });

  it('lets whoever holds as much replace and remove', async () => {
    const { id } = await storedUser({ groups: [await groupOf('view_user')] });
    const actor = holding('view_user');
    const kept = row<ApiKey>(await apiKeys.replace(await newApiKey(id), 1, actor));
    expect(await apiKeys.delete(kept.id, actor)).toBe(true);
    expect(await keysOf(id)).toEqual([]);
  });

  it('leaves no key without its user, and none of a user that is deleted meanwhile', async () => {
    const { id } = await storedUser();
    const key = await newApiKey(id);
    await Promise.all([apiKeys.replace(key, 1, ADMIN), users.delete(id, ADMIN)]);
    expect(await callers.byKey(key.digest)).toBeNull();
    const orphans = await env.DB.prepare('select count(*) n from api_keys where user_id = ?')
      .bind(id)
      .first('n');
    expect(orphans).toBe(0);
  });
});

describe('deletion', () => {
  it('of the personal key spares named ones, unless only one may live', async () => {
    const id = await withKeys(3, '', 'cron');
    expect(await apiKeys.deletePersonal(id, 3, ADMIN)).toBe(true);
    expect(await namesOf(id)).toEqual(['cron']);
    expect(await apiKeys.deletePersonal(id, 3, ADMIN)).toBe(true);
    expect(await namesOf(id)).toEqual(['cron']);
    expect(await apiKeys.deletePersonal(id, 1, ADMIN)).toBe(true);
    expect(await namesOf(id)).toEqual([]);
  });

  it('removes the one key that is named, and is no error when there is none', async () => {
    const id = await withKeys(3, 'a', 'b');
    const [b] = await keysOf(id);
    expect(await apiKeys.delete(b?.id ?? 0, ADMIN)).toBe(true);
    expect(await namesOf(id)).toEqual(['a']);
    expect(await apiKeys.delete(b?.id ?? 0, ADMIN)).toBe(true);
    expect(await apiKeys.deletePersonal(2_000_000_000, 1, ADMIN)).toBe(true);
  });

  it('by the key itself removes that one and is recorded once, however many calls race', async () => {
    const id = await withKeys(3, 'a');
    const { digest } = await newApiKey(id);
    const { id: keyId } = row(await generated(id, 3, { name: 'itself', digest }));
    await Promise.all(Array.from({ length: 5 }, () => apiKeys.deleteItself(digest, SOMEWHERE)));
    expect(await namesOf(id)).toEqual(['a']);
    expect(await revocationsOf(id)).toMatchObject([
      {
        actor_id: id,
        actor_kind: 'api_key',
        actor_credential: String(keyId),
        address: SOMEWHERE.address,
        request_id: SOMEWHERE.requestId,
        detail: JSON.stringify({ api_key_id: keyId, name: 'itself' }),
      },
    ]);
  });

  it('by the key itself is made and recorded once when its answer is lost', async () => {
    const id = await withKeys(3, 'a');
    const { digest } = await newApiKey(id);
    row(await generated(id, 3, { name: 'itself', digest }));
    await createApiKeyStore(connect(lostAfterFirstBatch(env.DB))).deleteItself(digest, SOMEWHERE);
    expect([await namesOf(id), (await revocationsOf(id)).length]).toEqual([['a'], 1]);
  });
});

describe('looking up', () => {
  it('finds the owner of a digest with the rights it has now', async () => {
    const user = await storedUser({ groups: [await groupOf('view_user')] });
    const key = await newApiKey(user.id);
    const { id } = row<ApiKey>(await apiKeys.replace(key, 1, ADMIN));
    const { username, userLevel, isActive } = user;
    const owner = { keyId: id, keyName: key.name, lastUsedAt: null };
    expect(await callers.byKey(key.digest)).toEqual({
      ...owner,
      account: { user: { id: user.id, username, userLevel, isActive }, rights: holding('view_user') },
    });
    expect(await profiles.byKey(key.digest)).toEqual({
      ...owner,
      account: { user: { ...user, apiKeyPreview: key.preview }, rights: holding('view_user') },
    });
    await users.update(user.id, { groups: [] }, ADMIN, NOW);
    expect((await callers.byKey(key.digest))?.account.rights).toEqual(holding());
    expect(await callers.byKey(await digestOf('another'))).toBeNull();
    expect(await callers.byKey(key.preview)).toBeNull();
  });

  it('lists newest first, of one user or of all, in slices with the whole count', async () => {
    const id = await withKeys(5, 'a', 'b', 'c');
    const other = await withKeys(5, 'd');
    const page = await apiKeys.list(id, { offset: 1, limit: 1 });
    expect(page).toMatchObject({ count: 3, rows: [{ name: 'b' }] });
    const everyones = await apiKeys.list(null, { offset: 0, limit: 4 });
    expect(everyones.rows.map(({ name, userId }) => [name, userId])).toEqual([
      ['d', other],
      ['c', id],
      ['b', id],
      ['a', id],
    ]);
    expect(everyones.count).toBeGreaterThanOrEqual(4);
  });

  it('shows with the user the preview of the personal key before any named one', async () => {
    const { id } = await storedUser();
    const preview = async () => (await users.find(id))?.user.apiKeyPreview;
    expect(await preview()).toBeNull();
    const personal = row<StoredApiKey>(await generated(id, 3));
    const named = row<StoredApiKey>(await generated(id, 3, { name: 'a' }));
    expect(personal.owner.apiKeyPreview).toBe(personal.preview);
    expect(named.owner.apiKeyPreview).toBe(personal.preview);
    expect(await preview()).toBe(personal.preview);
    await apiKeys.deletePersonal(id, 3, ADMIN);
    expect(await preview()).toBe(named.preview);
  });

  it('notes a use, and does not fail for a key that is gone', async () => {
    const { id } = await storedUser();
    const key = row<ApiKey>(await generated(id, 1));
    await apiKeys.touch(key.id, later(5000));
    expect((await apiKeys.find(key.id))?.key.lastUsedAt).toEqual(later(5000));
    await apiKeys.delete(key.id, ADMIN);
    await expect(apiKeys.touch(key.id, later(9000))).resolves.toBeUndefined();
  });
});
