const LISTED = "('admin','standard1','streamer1','inactive1','all.fields@x-y_z')";

/** What was done to the reference's tables, done to ours; null where we keep no such thing. */
export const STATEMENTS: Record<string, string | null> = {
  'DELETE FROM accounts_user': 'delete from users',
  "DELETE FROM sqlite_sequence WHERE name='accounts_user'":
    "delete from sqlite_sequence where name = 'users'",
  "UPDATE accounts_user SET is_active=0 WHERE username='inactive1'":
    "update users set is_active = 0 where username = 'inactive1'",
  'UPDATE accounts_user SET custom_properties=\'{"navOrder":["channels","stale"],"k":1}\' WHERE username=\'standard1\'':
    'update users set custom_properties = \'{"navOrder":"[\\"channels\\",\\"stale\\"]","k":"1"}\' where username = \'standard1\'',
  "UPDATE accounts_user SET custom_properties=NULL WHERE username='standard1'":
    "update users set custom_properties = '{}' where username = 'standard1'",
  "INSERT INTO dispatcharr_channels_channelprofile(id,name) VALUES (1,'P1'),(2,'P2')": null,
  [`DELETE FROM accounts_user_channel_profiles WHERE user_id NOT IN (SELECT id FROM accounts_user WHERE username IN ${LISTED})`]:
    null,
  [`DELETE FROM accounts_user WHERE username NOT IN ${LISTED}`]: `delete from users where username not in ${LISTED}`,
  "UPDATE accounts_user SET user_level=10 WHERE username='admin'":
    "update users set user_level = 10 where username = 'admin'",
  "DELETE FROM accounts_user WHERE username='inactive1'": "delete from users where username = 'inactive1'",
};

/**
 * A statement, or a request that has to give `status`, with the access token of `as`; `keep` names members of its
 * answer and where they go.
 */
export type Step =
  | string
  | {
      as?: string;
      method: string;
      path: string;
      body?: object;
      status: number;
      keep?: Record<string, string>;
    };

const patchBy =
  (as: string, path: string) =>
  (body: object, status = 200): Step => ({ as, method: 'PATCH', path, body, status });
const patchMe = patchBy('standard', '/users/me/');
const patchListed = patchBy('admin', '/users/{{allfields_id}}/');

/**
 * What brings our state to where the recording goes on, by the number of the request that comes next: requests
 * that were made but not recorded, and what we have kept or changed where we differ.
 */
export const STEPS_BEFORE: Record<number, Step[]> = {
  // We take a form, and paths without a slash.
  15: ['delete from users'],
  30: ['delete from users'],
  172: [{ as: 'admin', method: 'DELETE', path: '/users/{{deleted_id}}/', status: 204 }],
  // The recording goes on with a token that has logged out.
  259: [
    {
      method: 'POST',
      path: '/token/',
      body: { username: 'admin', password: 'admin-Pass1' },
      status: 200,
      keep: { admin_access: 'access', admin_refresh: 'refresh' },
    },
  ],
  364: [patchMe({ email: 'New@EXAMPLE.com' })],
  390: [
    patchMe({
      email: 'a+b@example.com',
      custom_properties: { theme: 'dark', n: 1, nested: { a: 1 }, navOrder: ['channels', 'vods'] },
    }),
  ],
  411: [patchMe({ custom_properties: { navOrder: ['channels', 'vods'] } })],
  426: [patchMe({ first_name: 'Multi', last_name: 'Er', custom_properties: { a: 1 } })],
  437: [patchMe({ password: 'another-Pass1' })],
  // The recorded body names a group, which the reference does not read. Afterwards the user is as it is there:
  // active, of no group, and with the `last_login` that we do not take.
  451: ["insert into groups (id, name, permissions) values (1, 'named', '[]')"],
  452: [
    "delete from groups where name = 'named'",
    "update users set is_active = 1, last_login = 0 where username = 'all.fields@x-y_z'",
  ],
  592: [patchBy('admin', '/users/{{streamer_id}}/')({ first_name: 'Stream' })],
  631: [
    patchListed({
      user_level: 0,
      custom_properties: { xc_password: 'new.Pass', a: null, b: 2 },
      stream_limit: 0,
      is_staff: false,
      is_superuser: false,
    }),
  ],
  638: [patchListed({ channel_profiles: [2] })],
  651: [
    patchListed({ first_name: 'Formed' }),
    "update users set last_login = null where username = 'renamed1'",
  ],
  // The reference lets the last admin demote itself.
  661: [patchBy('admin', '/users/{{admin_id}}/')({ user_level: 1 }, 400)],
  // Ours has been replaced where the reference refused to.
  745: [
    {
      as: 'standard',
      method: 'POST',
      path: '/api-keys/generate/',
      status: 201,
      keep: { standard_key: 'key' },
    },
  ],
  799: [patchBy('admin', '/groups/{{group2_id}}/')({ permissions: [2] })],
};
