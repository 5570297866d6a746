import { digestOf, generateKey, type NewApiKey, previewOf } from '../../src/core/api-keys.ts';
import type { PasswordAttempt } from '../../src/core/login-limits.ts';
import { idsOf, type Permission } from '../../src/core/permissions.ts';
import { type Actor, type Rights, rightsOf, type Source } from '../../src/core/principal.ts';
import { randomId, Secret } from '../../src/core/secrets.ts';
import { type SessionName, sessionNameOf } from '../../src/core/session-ids.ts';
import type { NewSession } from '../../src/core/sessions.ts';
import { NEW_USER_FIELDS, type NewUser, type User } from '../../src/core/users.ts';
import { IDENTITY, PROFILE } from '../../src/db/accounts.ts';
import { createApiKeyStore } from '../../src/db/api-keys.ts';
import { createCallerStore } from '../../src/db/callers.ts';
import { connect } from '../../src/db/client.ts';
import { createGroupStore } from '../../src/db/groups.ts';
import { createAttemptStore } from '../../src/db/login-attempts.ts';
import { createSessionStore } from '../../src/db/sessions.ts';
import { createSuperuserStore } from '../../src/db/superuser.ts';
import { createUserStore } from '../../src/db/users.ts';
import { env } from './env.ts';

export const db = connect(env.DB);
export const users = createUserStore(db);
export const callers = createCallerStore(db, IDENTITY);
export const profiles = createCallerStore(db, PROFILE);
export const sessions = createSessionStore(db);
export const attempts = createAttemptStore(db);
export const apiKeys = createApiKeyStore(db);
export const groups = createGroupStore(db);
export const superuser = createSuperuserStore(db);

export const NOW = new Date('2030-01-01T12:00:00.500Z');
export const later = (ms: number): Date => new Date(NOW.getTime() + ms);

/** An admin as the one who acts: nobody outranks it. */
export const ADMIN: Rights = rightsOf(10, []);
export const holding = (...permissions: Permission[]): Rights => rightsOf(1, idsOf(new Set(permissions)));

/** A request from somewhere. */
export const SOMEWHERE: Source = { requestId: 'a request', address: '192.0.2.1', country: 'CH' };

/** A name of this test alone. */
export const uniqueName = (): string => `n-${randomId().slice(0, 12)}`;

export const newUser = (fields: Partial<NewUser> = {}): NewUser => ({
  username: uniqueName(),
  ...NEW_USER_FIELDS,
  userLevel: 1,
  passwordHash: new Secret(`hash ${randomId()}`),
  dateJoined: NOW,
  ...fields,
});

/** What a store answered, when that is a row and not a reason. */
export function row<T extends object>(outcome: T | { kind: string } | string | null): T {
  if (
    outcome === null ||
    typeof outcome === 'string' ||
    ('kind' in outcome && typeof outcome.kind === 'string')
  ) {
    throw new Error(`nothing was stored: ${JSON.stringify(outcome)}`);
  }
  return outcome as T;
}

export const storedUser = async (fields: Partial<NewUser> = {}): Promise<User> =>
  row<User>(await users.insertUnlessTaken(newUser(fields), ADMIN));

/** A group of its own with exactly these permissions; returns its id. */
export async function groupOf(...permissions: Permission[]): Promise<number> {
  const group = await groups.insertUnlessTaken(
    {
      name: uniqueName(),
      permissions: idsOf(new Set(permissions)),
    },
    ADMIN,
  );
  if (group === 'name_taken') throw new Error('the group could not be stored');
  return group.id;
}

export const newSession = (userId: number, fields: Partial<NewSession> = {}): NewSession => ({
  id: randomId(),
  idIsDigest: true,
  userId,
  createdAt: NOW,
  expiresAt: later(86_400_000),
  address: '192.0.2.1',
  country: null,
  requestId: null,
  userAgent: 'test',
  ...fields,
});

/** What names the session with this id: its tokens have the `sid` whose digest that is. */
export const namedBy = (id: string): SessionName => ({ sid: `sid of ${id}`, digest: id });

/** A try of a password at `NOW`, from somewhere. */
export const newAttempt = (fields: Partial<PasswordAttempt> = {}): PasswordAttempt => {
  const username = fields.username ?? uniqueName();
  return {
    id: randomId(),
    username,
    countedAs: `of ${username}`,
    network: '192.0.2.1',
    asker: null,
    from: SOMEWHERE,
    at: NOW,
    ...fields,
  };
};

/** This user, as one who asks for itself. */
export const askingAs = (userId: number): Actor => ({
  ...holding(),
  identity: { userId, proof: { kind: 'session', sessionId: '' }, from: SOMEWHERE },
});

/** The stored hash of a user's password. */
export async function passwordHashOf(userId: number): Promise<Secret> {
  const asker = {
    ...ADMIN,
    identity: { userId, proof: { kind: 'session', sessionId: '' }, from: SOMEWHERE },
  } as const;
  const record = await attempts.findPassword({ username: '', asker });
  if (record === null) throw new Error('there is no such user');
  return record.passwordHash;
}

/** A live session of this user; returns its id. */
export const storedSession = async (userId: number): Promise<string> => (await openedSession(userId)).id;

/** A live session of this user, and the `sid` of its tokens. */
export async function openedSession(userId: number): Promise<{ id: string; sid: string }> {
  const sid = randomId();
  const session = newSession(userId, { id: (await sessionNameOf(sid)).digest });
  if (!(await sessions.openIfUnchanged(session, await passwordHashOf(userId), null))) {
    throw new Error('the session could not be opened');
  }
  return { id: session.id, sid };
}

export async function sessionIdsOf(userId: number): Promise<string[]> {
  const { results } = await env.DB.prepare('select id from sessions where user_id = ? order by id')
    .bind(userId)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

export async function newApiKey(userId: number, fields: Partial<NewApiKey> = {}): Promise<NewApiKey> {
  const key = generateKey().reveal();
  return {
    userId,
    name: '',
    digest: await digestOf(key),
    preview: previewOf(key),
    createdAt: NOW,
    ...fields,
  };
}

/** Every stored value of a user, its groups and its sessions, to show that nothing of them changed. */
export async function everythingOf(userId: number): Promise<unknown> {
  const select = (query: string) => env.DB.prepare(query).bind(userId);
  const results = await env.DB.batch([
    select('select * from users where id = ?'),
    select('select * from user_groups where user_id = ? order by group_id'),
    select('select * from sessions where user_id = ? order by id'),
    select('select * from api_keys where user_id = ? order by id'),
  ]);
  return results.map((result) => result.results);
}

export async function count(table: string): Promise<number> {
  return (await env.DB.prepare(`select count(*) as rows from "${table}"`).first<number>('rows')) ?? -1;
}
