import { hashPassword } from '../../src/core/passwords.ts';
import { idsOf, type Permission } from '../../src/core/permissions.ts';
import { rightsOf } from '../../src/core/principal.ts';
import { NEW_USER_FIELDS, type User, type UserFields } from '../../src/core/users.ts';
import { connect } from '../../src/db/client.ts';
import { createGroupStore } from '../../src/db/groups.ts';
import { createUserStore } from '../../src/db/users.ts';
import { post } from './api.ts';
import { env } from './env.ts';

export type Person = {
  id: number;
  username: string;
  password: string;
};

export type SignedIn = Person & { access: string; refresh: string };

const PASSWORD_POLICY = { passwordIterations: 1000, passwordMinLength: 8 };

let minted = 0;

/** A new user of this test alone, stored without a request; `permissions` come through a group of its own. */
export async function person(
  fields: Partial<UserFields> = {},
  permissions: readonly Permission[] = [],
): Promise<Person> {
  const username = fields.username ?? uniqueName();
  const password = `password of ${username}`;
  const passwordHash = await hashPassword(PASSWORD_POLICY, password);
  const groups = permissions.length === 0 ? (fields.groups ?? []) : [await groupOf(permissions)];
  const stored = await createUserStore(connect(env.DB)).insertUnlessTaken(
    {
      ...NEW_USER_FIELDS,
      userLevel: 1,
      ...fields,
      username,
      groups,
      passwordHash,
      dateJoined: new Date(),
    },
    rightsOf(10, []),
  );
  return { id: asUser(stored).id, username, password };
}

/** A standard user with exactly these permissions, signed in. */
export const signedInAs = async (...permissions: Permission[]): Promise<SignedIn> =>
  signIn(await person({ userLevel: 1 }, permissions));

export const signedInAdmin = async (): Promise<SignedIn> => signIn(await person({ userLevel: 10 }));

export async function signIn({ username, password, id }: Person): Promise<SignedIn> {
  const { status, body, text } = await post('/token/', { username, password });
  if (status !== 200) throw new Error(`${username} could not sign in: ${status} ${text}`);
  return { id, username, password, access: body.access, refresh: body.refresh };
}

/** A new personal key of this person. */
export async function keyOf({ access }: SignedIn): Promise<string> {
  const { body } = await post('/api-keys/generate/', undefined, { token: access });
  return body.key;
}

/** A group with exactly these permissions; returns its id. */
export async function groupOf(permissions: readonly Permission[], name = uniqueName()): Promise<number> {
  const ids = idsOf(new Set(permissions));
  const group = await createGroupStore(connect(env.DB)).insertUnlessTaken(
    {
      name,
      permissions: ids,
    },
    rightsOf(10, []),
  );
  if (group === 'name_taken') throw new Error('the group could not be stored');
  return group.id;
}

export const uniqueName = (): string => `u${++minted}-${crypto.randomUUID().slice(0, 8)}`;

function asUser(stored: User | { kind: string }): User {
  if ('kind' in stored) throw new Error(`the user could not be stored: ${stored.kind}`);
  return stored;
}
