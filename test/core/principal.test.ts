import { describe, expect, it } from 'vitest';
import { ALL_PERMISSIONS, idsOf, type Permission } from '../../src/core/permissions.ts';
import {
  assertMayActOn,
  assertNotByApiKey,
  heldPermissions,
  holds,
  mayActOn,
  type Principal,
  type Proof,
  rightsOf,
} from '../../src/core/principal.ts';
import { SOMEWHERE, storedUser } from '../support/stores.ts';

const admin = rightsOf(10, []);
const holding = (...permissions: Permission[]) => rightsOf(1, idsOf(new Set(permissions)));
const FORBIDDEN = expect.objectContaining({ code: 'forbidden' });

describe('rightsOf', () => {
  it.each([
    [10, true],
    [11, true],
    [2_147_483_647, true],
    [9, false],
    [1, false],
    [0, false],
    [-10, false],
  ])('of level %i is an admin: %s', (level, isAdmin) => {
    const rights = rightsOf(level, [4]);
    expect(rights.isAdmin).toBe(isAdmin);
    expect(rights.permissions).toEqual(isAdmin ? ALL_PERMISSIONS : new Set(['view_user']));
  });

  it('holds what the groups give and nothing else', () => {
    const rights = holding('view_user');
    expect(holds(rights, 'view_user')).toBe(true);
    expect(holds(rights, 'change_user')).toBe(false);
    expect(holds(admin, 'introspect_token')).toBe(true);
  });

  it('are told in the order of the list, whatever the order of the groups', () => {
    expect(heldPermissions(rightsOf(1, [4, 1, 12, 4]))).toEqual(['add_user', 'view_user', 'view_permission']);
    expect(heldPermissions(admin)).toEqual([...ALL_PERMISSIONS]);
    expect(heldPermissions(rightsOf(1, [999]))).toEqual([]);
  });
});

describe('mayActOn', () => {
  it.each([
    ['an admin', 'an admin', true, admin, admin],
    ['an admin', 'anyone', true, admin, holding('view_user')],
    ['someone', 'an admin', false, holding(...ALL_PERMISSIONS), admin],
    ['someone', 'one without rights', true, holding('change_user'), holding()],
    ['someone', 'an equal', true, holding('change_user'), holding('change_user')],
    ['someone', 'one with less', true, holding('change_user', 'view_user'), holding('view_user')],
    ['someone', 'one with another right', false, holding('change_user'), holding('view_user')],
    ['someone', 'one with more', false, holding('change_user'), holding('change_user', 'view_user')],
    ['one without rights', 'one without rights', true, holding(), holding()],
    ['one without rights', 'one with a right', false, holding(), holding('view_permission')],
  ])('may %s act on %s: %s', (_, __, allowed, actor, target) => {
    expect(mayActOn(actor, target)).toBe(allowed);
    const attempt = () => assertMayActOn(actor, target);
    if (allowed) expect(attempt).not.toThrow();
    else expect(attempt).toThrow(FORBIDDEN);
  });
});

describe('assertNotByApiKey', () => {
  const caller = async (proof: Proof): Promise<Principal> => ({
    user: await storedUser(),
    rights: admin,
    proof,
    from: SOMEWHERE,
  });

  it('refuses whoever came with a key, admins too, and nobody else', async () => {
    const byKey = await caller({ kind: 'api_key', keyName: '', keyId: 1, lastUsedAt: null });
    expect(() => assertNotByApiKey(byKey, 'not by a key')).toThrow(FORBIDDEN);
    for (const proof of [
      { kind: 'session', sessionId: 'a' } as const,
      { kind: 'interchange', issuedAt: new Date() } as const,
    ]) {
      const other = await caller(proof);
      expect(() => assertNotByApiKey(other, 'not by a key')).not.toThrow();
    }
  });
});
