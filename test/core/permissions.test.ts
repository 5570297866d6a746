import { describe, expect, it } from 'vitest';
import {
  ALL_PERMISSIONS,
  idsOf,
  isPermissionId,
  PERMISSIONS,
  permissionsOf,
} from '../../src/core/permissions.ts';

describe('the list of permissions', () => {
  // Groups in databases out there hold these ids: a line here may be added, never changed.
  it('gives every right the id that it has always had', () => {
    expect(PERMISSIONS.map(({ id, codename }) => `${id} ${codename}`)).toEqual([
      '1 add_user',
      '2 change_user',
      '3 delete_user',
      '4 view_user',
      '5 add_group',
      '6 change_group',
      '7 delete_group',
      '8 view_group',
      '9 add_apikey',
      '10 delete_apikey',
      '11 view_apikey',
      '12 view_permission',
      '13 view_session',
      '14 delete_session',
      '15 view_auditevent',
      '16 introspect_token',
    ]);
  });

  it('translates ids into rights and back without loss', () => {
    for (const { id, codename } of PERMISSIONS) {
      expect(isPermissionId(id)).toBe(true);
      expect([...permissionsOf([id])]).toEqual([codename]);
      expect(idsOf(new Set([codename]))).toEqual([id]);
    }
    expect(idsOf(ALL_PERMISSIONS)).toEqual(PERMISSIONS.map(({ id }) => id));
    expect(permissionsOf(idsOf(ALL_PERMISSIONS))).toEqual(ALL_PERMISSIONS);
  });

  it.each([0, -1, 17, 1.5, Number.NaN, 2 ** 31])('gives nothing for the id %d', (id) => {
    expect(isPermissionId(id)).toBe(false);
    expect(permissionsOf([4, id, 8])).toEqual(new Set(['view_user', 'view_group']));
  });

  it('counts an id that stands twice once', () => {
    expect(permissionsOf([4, 4, 4])).toEqual(new Set(['view_user']));
  });
});
