import { generateKey } from '../../src/core/api-keys.ts';
import type { Call } from '../support/api.ts';
import { groupOf, keyOf, person, type SignedIn, signIn } from '../support/people.ts';
import { emptyTables, keepRows } from '../support/state.ts';
import { referenceToken } from '../support/wire-tokens.ts';

/** Ids begin at 1, so a request can name them: users 1 to 3, keys 1 to 3, groups 1 and 2. */
export type Cast = Record<'admin' | 'helper' | 'user', SignedIn & { key: string }>;

/** What stands for a secret in a request as it is written down, so that each run writes the same. */
export const PLACEHOLDERS = ['<access>', '<refresh>', '<key>', '<password>'] as const;

export const CALLERS = [
  'nobody',
  'admin by token',
  'admin by key',
  'helper by token',
  'helper by key',
  'user by token',
  'user by key',
  'a forged token',
  'an unknown key',
] as const;
export type Caller = (typeof CALLERS)[number];

/** Makes the people and keeps a copy of all rows. */
export async function newCast(): Promise<Cast> {
  await emptyTables();
  const groups = [await groupOf(['view_user', 'add_user', 'change_user'], 'one'), await groupOf([], 'other')];
  const cast = {
    admin: await withKey('admin', { userLevel: 10 }),
    helper: await withKey('helper', { groups }),
    user: await withKey('user', {}),
  };
  await keepRows();
  return cast;
}

async function withKey(username: string, fields: { userLevel?: number; groups?: number[] }) {
  const who = await signIn(await person({ username, ...fields }));
  return { ...who, key: await keyOf(who) };
}

const UNKNOWN_KEY = generateKey().reveal();
const FORGED = await referenceToken(1);

export function credentialsOf(cast: Cast, caller: Caller): Pick<Call, 'token' | 'key'> {
  if (caller === 'nobody') return {};
  if (caller === 'a forged token') return { token: FORGED };
  if (caller === 'an unknown key') return { key: UNKNOWN_KEY };
  const [name, , kind] = caller.split(' ') as [keyof Cast, string, string];
  return kind === 'key' ? { key: cast[name].key } : { token: cast[name].access };
}

/** A text with the secrets that it only names. */
export function withSecrets({ user, admin }: Cast, text: string): string {
  return text
    .replaceAll('<access>', user.access)
    .replaceAll('<refresh>', user.refresh)
    .replaceAll('<key>', user.key)
    .replaceAll('<password>', admin.password);
}
