import * as z from 'zod/mini';
import type { Deps } from '../../core/deps.ts';
import type { FieldErrors } from '../../core/errors.ts';
import { passwordProblem } from '../../core/passwords.ts';
import type { UserChanges } from '../../core/users.ts';
import { documentation, lazily } from '../documentation.ts';
import { boolean, idList, integer, jsonObject, password, text } from '../fields.ts';

const name = (example: string) => z.optional(text({ max: 150, example, blank: true }));

export const username = () =>
  text({
    max: 150,
    example: 'ada',
    description: 'Letters A to Z, digits and . _ @ -; unique and case-sensitive.',
    refuse: refuseUsername,
  });

export const email = () =>
  z.optional(text({ max: 254, example: 'ada@example.com', blank: true, refuse: refuseEmail }));

const profile = () => ({
  email: email(),
  first_name: name('Ada'),
  last_name: name('Lovelace'),
  custom_properties: z.optional(
    jsonObject(
      'custom_properties',
      { theme: 'dark' },
      'Merged into what is stored; a member set to null is deleted. At most 100 KB.',
    ),
  ),
});

const administration = () => ({
  user_level: z.optional(integer(1, '0 streamer, 1 standard, 10 and above admin.')),
  is_active: z.optional(boolean(true, 'An inactive user cannot sign in.')),
  is_staff: z.optional(boolean(false, 'Stored, without effect.')),
  is_superuser: z.optional(boolean(false, 'Stored, without effect.')),
  avatar_config: z.optional(jsonObject('avatar_config', {}, 'Replaced as a whole.')),
  channel_profiles: z.optional(idList([1, 2], 'Ids of channel profiles.')),
  stream_limit: z.optional(integer(0, '0 for no limit.')),
  groups: z.optional(idList([1], 'Ids of groups.')),
});

export const newPassword = () =>
  password('At least PASSWORD_MIN_LENGTH characters (8), at most 1,024 bytes.');

export const newUserBody = lazily(() =>
  z
    .object({ username: username(), password: newPassword(), ...profile(), ...administration() })
    .register(documentation, { id: 'NewUser' }),
);

const changes = () => ({ password: z.optional(newPassword()), ...profile(), ...administration() });

export const userChangesBody = lazily(() =>
  z.object({ username: z.optional(username()), ...changes() }).register(documentation, { id: 'UserChanges' }),
);

export const replaceUserBody = lazily(() =>
  z.object({ username: username(), ...changes() }).register(documentation, { id: 'UserReplacement' }),
);

export const meBody = lazily(() =>
  z
    .object({
      ...profile(),
      password: z.optional(newPassword()),
      current_password: z.optional(password('Checked whenever it is sent.')),
    })
    .register(documentation, { id: 'MeChanges' }),
);

/** The policy's word on a new password, to come together with what is wrong with other fields. */
export function judgeNewPassword({ password: given }: Record<string, unknown>, deps: Deps): FieldErrors {
  const problem = typeof given === 'string' ? passwordProblem(deps.passwordPolicy, given) : undefined;
  return problem === undefined ? {} : { password: [problem] };
}

/** The members of a body under the names of the rules; absent ones stay absent. */
export function changesOf(body: Omit<z.output<ReturnType<typeof userChangesBody>>, 'password'>): UserChanges {
  return definedOnly({
    username: body.username,
    email: body.email,
    firstName: body.first_name,
    lastName: body.last_name,
    customProperties: body.custom_properties,
    userLevel: body.user_level,
    isActive: body.is_active,
    isStaff: body.is_staff,
    isSuperuser: body.is_superuser,
    avatarConfig: body.avatar_config,
    channelProfiles: body.channel_profiles,
    streamLimit: body.stream_limit,
    groups: body.groups,
  });
}

/** The cast holds since every entry whose value is undefined has been taken out. */
const definedOnly = <T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

/** Two sentences, as existing clients know them: for what no username may hold, and for what ours may not. */
function refuseUsername(value: string): string | undefined {
  if (/^[A-Za-z0-9._@-]+$/.test(value)) return undefined;
  return /^[\p{L}\p{N}_.@+-]+$/u.test(value)
    ? 'Username may only contain letters, numbers, periods (.), underscores (_), at signs (@), and hyphens (-)'
    : 'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.';
}

const LOCAL_PART = /^(?:[\w!#$%&'*+/=?^`{}|~-]+(?:\.[\w!#$%&'*+/=?^`{}|~-]+)*|"(?:[^"\\\s]|\\.)*")$/;
const DOMAIN = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+(?!\d+$)[\p{L}\p{N}-]{2,63}(?<!-)$/u;
const ADDRESS_LITERAL = /^\[(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-fA-F.]*:[\da-fA-F:.]*)\]$/;

/** RFC 5321 as web forms apply it: a dotted domain, an address literal, or localhost. */
function refuseEmail(value: string): string | undefined {
  const at = value.lastIndexOf('@');
  const [local, domain] = [value.slice(0, at), value.slice(at + 1)];
  const isDomain = domain === 'localhost' || DOMAIN.test(domain) || ADDRESS_LITERAL.test(domain);
  return at > 0 && LOCAL_PART.test(local) && isDomain ? undefined : 'Enter a valid email address.';
}
