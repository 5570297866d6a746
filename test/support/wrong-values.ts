/** What kind of value a field takes; each has its own wrong values. */
export type Kind = keyof typeof WRONG;

/** A wrong value, with the sentence that answers it; a bare 401 or 404 where it is no matter of form. */
export type Wrong = [value: unknown, answer: string | 401 | 404];

const NUL = 'Null characters are not allowed.';
const SURROGATE = 'Surrogate characters are not allowed: U+D800.';
const BLANK = 'This field may not be blank.';
const NULL = 'This field may not be null.';
const NO_STRING = 'Not a valid string.';
const NO_INTEGER = 'A valid integer is required.';
const NO_BOOLEAN = 'Must be a valid boolean.';
const NO_USERNAME =
  'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.';
const NO_EMAIL = 'Enter a valid email address.';
const INT32_MAX = 2_147_483_647;

const none: Wrong[] = [[null, NULL]];
const nonStrings: Wrong[] = [true, false, [], ['x'], {}, { a: 1 }].map((value) => [value, NO_STRING]);
const badCharacters: Wrong[] = [
  ['a\0b', NUL],
  ['a\ud800b', SURROGATE],
];
const blanks: Wrong[] = ['', ' ', '\t\n '].map((value) => [value, BLANK]);
const optionalText = (max: number): Wrong[] => [
  ...none,
  ...nonStrings,
  ...badCharacters,
  ['x'.repeat(max + 1), `Ensure this field has no more than ${max} characters.`],
  ['☃'.repeat(max + 1), `Ensure this field has no more than ${max} characters.`],
];
const text = (max: number): Wrong[] => [...optionalText(max), ...blanks];

const password: Wrong[] = [
  ...none,
  ...nonStrings,
  ['', BLANK],
  ['a password\0', NUL],
  ['a password\ud800', SURROGATE],
  ['x'.repeat(1025), 'Ensure this field has no more than 1024 bytes.'],
  ['☃'.repeat(342), 'Ensure this field has no more than 1024 bytes.'],
];

const ids = (unknownId: boolean): Wrong[] => [
  ...none,
  ...['4', 4, true, {}].map((value): Wrong => [value, listSentence(value)]),
  ...[['x'], [1.5], [true], [null], [[1]], [{}], ['']].map(
    (value): Wrong => [value, /Incorrect type/.source],
  ),
  ...[[0], [-1], [2 ** 31], ['99999999999999999999'], [1e300]].map((value): Wrong => [value, 'Invalid pk']),
  ...(unknownId ? [[[1, 999_999_999], 'Invalid pk "999999999" - object does not exist.'] as Wrong] : []),
];

function listSentence(value: unknown): string {
  const name = { string: 'str', number: 'int', boolean: 'bool', object: 'dict' }[typeof value as 'string'];
  return `Expected a list of items but got type "${name}".`;
}

const object = (name: string): Wrong[] => [
  ...['x', 5, true, false, [], [{}]].map((value): Wrong => [value, `${name} must be a dictionary`]),
  [{ a: 'x\0' }, NUL],
  [{ 'a\0': 1 }, NUL],
  [{ a: [{ b: ['\ud800'] }] }, SURROGATE],
];

/** Too large to be kept, while the request is still small enough to be read. */
const TOO_LARGE = { text: 'x'.repeat(102_400) };

const wrongEmails: Wrong[] = [
  ...nonStrings,
  ...['x', 'a@b', '@example.com', 'a@', 'a b@example.com', 'a..b@example.com', 5, 'ä@example.com'].map(
    (value): Wrong => [value, NO_EMAIL],
  ),
  [`${'a'.repeat(250)}@example.com`, 'Ensure this field has no more than 254 characters.'],
  ['a\0@example.com', NUL],
];

export const WRONG = {
  loginName: text(150),
  loginPassword: [...password, ['        ', 401], [12_345_678, 401]] as Wrong[],
  newPassword: [
    ...password,
    ['        ', BLANK],
    ['seven c', 'Ensure this field has at least 8 characters.'],
    ['☃☃☃☃☃☃☃', 'Ensure this field has at least 8 characters.'],
    [1_234_567, 'Ensure this field has at least 8 characters.'],
  ] as Wrong[],
  currentPassword: [...password, ['not the password', 'The current password is incorrect.']] as Wrong[],
  token: [
    ...none,
    ...nonStrings,
    ...badCharacters,
    ...blanks,
    ...['x', 'a.b.c', 5, 'é', 'x'.repeat(100_000)].map((value): Wrong => [value, 401]),
  ],
  /** What no token can be is a token that is not good. */
  anyToken: [...none, ...nonStrings, ...blanks] as Wrong[],
  ignored: [] as Wrong[],
  username: [
    ...text(150),
    ...['two words', 'a/b', '☃', 'a\nb'].map((value): Wrong => [value, NO_USERNAME]),
    ...['ü', 'a+b'].map((value): Wrong => [value, 'Username may only contain letters']),
  ] as Wrong[],
  email: [...none, ...wrongEmails],
  /** Null counts as none. */
  firstAdminEmail: wrongEmails,
  name: optionalText(150),
  keyName: optionalText(100),
  groupName: text(150),
  integer: [
    ...none,
    ...['', ' ', 'x', '1.5', 1.5, true, false, [], [1], {}, '0x10', '1e3'].map(
      (value): Wrong => [value, NO_INTEGER],
    ),
    ...[INT32_MAX + 1, String(INT32_MAX + 1), 1e300, '99999999999999999999'].map(
      (value): Wrong => [value, `Ensure this value is less than or equal to ${INT32_MAX}.`],
    ),
    [-INT32_MAX - 2, `Ensure this value is greater than or equal to ${-INT32_MAX - 1}.`],
  ] as Wrong[],
  boolean: [...none, ...['', 'maybe', 2, -1, 1.5, [], [true], {}].map((value): Wrong => [value, NO_BOOLEAN])],
  customProperties: [
    ...object('custom_properties'),
    [TOO_LARGE, 'custom_properties exceeds maximum size of 102400 bytes'],
  ] as Wrong[],
  avatarConfig: object('avatar_config'),
  ids: ids(false),
  groupIds: ids(true),
  permissionIds: [...ids(true), [[17], 'Invalid pk "17" - object does not exist.']] as Wrong[],
  userId: [
    0,
    -1,
    '',
    ' ',
    'x',
    '-1',
    '01',
    ' 1',
    false,
    true,
    2.9,
    '2.9',
    [],
    [1],
    {},
    2 ** 31,
    1e300,
    999_999_999,
  ].map((value): Wrong => [value, 404]),
} satisfies Record<string, Wrong[]>;

type Fields = Record<string, Kind>;

const credentials: Fields = { username: 'loginName', password: 'loginPassword' };
const profile: Fields = {
  email: 'email',
  first_name: 'name',
  last_name: 'name',
  custom_properties: 'customProperties',
};
const user: Fields = {
  username: 'username',
  password: 'newPassword',
  ...profile,
  user_level: 'integer',
  is_active: 'boolean',
  is_staff: 'boolean',
  is_superuser: 'boolean',
  avatar_config: 'avatarConfig',
  channel_profiles: 'ids',
  stream_limit: 'integer',
  groups: 'groupIds',
};
const newKey: Fields = { user_id: 'userId', name: 'keyName' };
const group: Fields = { name: 'groupName', permissions: 'permissionIds' };

/** Every field of every body. */
export const FIELDS: Record<string, Fields> = {
  createToken: credentials,
  login: credentials,
  logInPage: credentials,
  refreshToken: { refresh: 'token' },
  verifyToken: { token: 'token' },
  introspectToken: { token: 'anyToken', token_type_hint: 'ignored' },
  revokeToken: { token: 'anyToken', token_type_hint: 'ignored' },
  updateMe: { ...profile, password: 'newPassword', current_password: 'currentPassword' },
  createUser: user,
  replaceUser: user,
  updateUser: user,
  createApiKey: newKey,
  generateApiKey: newKey,
  revokeApiKey: { user_id: 'userId' },
  createGroup: group,
  replaceGroup: group,
  updateGroup: group,
  createSuperuser: { username: 'username', password: 'newPassword', email: 'firstAdminEmail' },
};
