import { type Answer, type Call, call, post } from './api.ts';
import { type Operation, pathWith } from './openapi.ts';
import { FROM_PAGE, keeping } from './page-logins.ts';
import { groupOf, keyOf, person, signedInAdmin, signedInAs, signIn, uniqueName } from './people.ts';
import { sessionIdOf } from './wire-tokens.ts';

/** A request that succeeds, from people of its own. */
export type Example = Call & { id?: number | string };

const NEW_PASSWORD = 'a password of eight and more';

async function credentials(): Promise<Example> {
  const { username, password } = await person();
  return { body: { username, password } };
}

const onKeptLogin = async (): Promise<Example> => ({ headers: keeping((await signedInAs()).refresh) });

const onPerson =
  (permission: 'view_user' | 'change_user' | 'delete_user', body?: object) => async (): Promise<Example> => ({
    token: (await signedInAs(permission)).access,
    id: (await person()).id,
    ...(body === undefined ? {} : { body }),
  });

const onGroup = (body?: () => object) => async (): Promise<Example> => ({
  token: (await signedInAdmin()).access,
  id: await groupOf(['view_user']),
  ...(body === undefined ? {} : { body: body() }),
});

const signedIn = (body?: object) => async (): Promise<Example> => ({
  token: (await signedInAs()).access,
  ...(body === undefined ? {} : { body }),
});

async function onOwnKey(): Promise<Example> {
  const owner = await signedInAs();
  const { body } = await post('/api-keys/generate/', {}, { token: owner.access });
  return { token: owner.access, id: body.id };
}

const EXAMPLES: Record<string, () => Promise<Example>> = {
  createToken: credentials,
  login: credentials,
  refreshToken: async () => ({ body: { refresh: (await signedInAs()).refresh } }),
  verifyToken: async () => ({ body: { token: (await signedInAs()).access } }),
  introspectToken: async () => ({
    token: (await signedInAs('introspect_token')).access,
    body: { token: (await signedInAs('view_user')).access },
  }),
  revokeToken: async () => ({ body: { token: (await signedInAs()).access } }),
  verifyCaller: signedIn(),
  logout: signedIn(),
  logInPage: async () => ({ ...(await credentials()), headers: FROM_PAGE }),
  refreshPage: onKeptLogin,
  logOutPage: onKeptLogin,
  getMe: signedIn(),
  updateMe: signedIn({ first_name: 'Ada', custom_properties: { theme: 'dark' } }),
  listUsers: async () => ({ token: (await signedInAs('view_user')).access }),
  createUser: async () => ({
    token: (await signedInAs('add_user')).access,
    body: { username: uniqueName(), password: NEW_PASSWORD },
  }),
  getUser: onPerson('view_user'),
  replaceUser: async () => ({ ...(await onPerson('change_user')()), body: { username: uniqueName() } }),
  updateUser: onPerson('change_user', { first_name: 'Ada', custom_properties: { theme: 'dark' } }),
  deleteUser: onPerson('delete_user'),
  listSessions: signedIn(),
  deleteSession: async () => {
    const who = await signedInAs();
    return { token: who.access, id: sessionIdOf((await signIn(who)).access) };
  },
  listAuditEvents: async () => ({ token: (await signedInAs('view_auditevent')).access }),
  listApiKeys: signedIn(),
  createApiKey: signedIn({ name: 'home-assistant' }),
  generateApiKey: signedIn({}),
  revokeApiKey: async () => ({ token: (await withKey()).access, body: {} }),
  getApiKey: onOwnKey,
  deleteApiKey: onOwnKey,
  listPermissions: async () => ({ token: (await signedInAs('view_permission')).access }),
  listGroups: async () => ({ token: (await signedInAs('view_group')).access }),
  createGroup: async () => ({
    token: (await signedInAdmin()).access,
    body: { name: uniqueName(), permissions: [4] },
  }),
  getGroup: async () => ({
    token: (await signedInAs('view_group')).access,
    id: await groupOf(['view_user']),
  }),
  replaceGroup: onGroup(() => ({ name: uniqueName(), permissions: [4, 8] })),
  updateGroup: onGroup(() => ({ permissions: [8] })),
  deleteGroup: onGroup(),
  getSuperuserState: async () => ({}),
  createSuperuser: async () => ({
    headers: { 'CF-Connecting-IP': '127.0.0.1' },
    body: { username: uniqueName(), password: NEW_PASSWORD, email: 'admin@example.com' },
  }),
  getHealth: async () => ({}),
};

async function withKey() {
  const owner = await signedInAs();
  await keyOf(owner);
  return owner;
}

/** @throws for an operation that has no example yet, so that no matrix passes over a new one. */
export async function exampleOf({ id }: Operation): Promise<Example> {
  const make = EXAMPLES[id];
  if (make === undefined) throw new Error(`test/support/examples.ts has no request for ${id}`);
  return make();
}

/** Sends an example, with some of its parts replaced. */
export const sendExample = (operation: Operation, example: Example, changes: Call = {}): Promise<Answer> =>
  call(operation.method, pathWith(operation, example.id), { ...example, ...changes });
