import { chainOf } from '../../src/core/passwords.ts';
import { sha256Hex } from '../../src/core/secrets.ts';
import { type Env, parseConfig } from '../../src/env.ts';
import type { Answer, HttpRequest, RpcCall, Sent } from './requests.ts';
import type { Runtime } from './runtime.ts';

/** What is measured, and what it is compared with, by the names in `rows.ts`. */
export type Requests = Record<RowName | FloorName, Sent>;

export type FloorName =
  | 'hello'
  | 'select'
  | 'verify'
  | 'sign'
  | 'pbkdf2'
  | 'verifyAndSelect'
  | 'verifySignAndSelect';
export type RowName =
  | 'meByBearer'
  | 'meByKey'
  | 'rpcByKey'
  | 'verifyByBearer'
  | 'introspect'
  | 'refresh'
  | 'login'
  | 'unauthenticated'
  | 'jwks';

const ACCOUNTS = '/api/accounts';
const PASSWORD = 'correct horse battery';
const [ADMIN, NAME] = [{ username: 'ada', password: PASSWORD }, 'grace'];
const JSON_TYPE = { 'Content-Type': 'application/json' };
/** As Cloudflare adds it; of this machine, so that the first admin may be made. */
const CLIENT = { 'CF-Connecting-IP': '127.0.0.1', 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) Bench/1.0' };
const [VIEW_USER, INTROSPECT_TOKEN] = [4, 16];
/** Of PBKDF2, as one login in production has them. */
const PRODUCTION_CHAIN = chainOf(defaultIterations()).join();

type Credentials = { access: string; refresh: string; key: string };

/** Makes the people that the rows are about: a user with two rights by a group, signed in, and with a key. */
export async function populate(runtime: Runtime): Promise<Requests> {
  const post = poster(runtime);
  await post('/initialize-superuser/', { ...ADMIN, email: 'ada@example.com' });
  const admin = bearer((await post('/token/', ADMIN))['access']);
  const group = await post(
    '/groups/',
    { name: 'services', permissions: [VIEW_USER, INTROSPECT_TOKEN] },
    admin,
  );
  const user = { username: NAME, password: PASSWORD, email: 'grace@example.com', groups: [group['id']] };
  await post('/users/', user, admin);
  const { access, refresh } = await post('/token/', { username: NAME, password: PASSWORD });
  const { key } = await post('/api-keys/generate/', {}, bearer(access));
  return { ...floorRequests(access, await sha256Hex(key)), ...rowRequests({ access, refresh, key }) };
}

function floorRequests(access: string, digest: string): Record<FloorName, HttpRequest> {
  const floor = (path: string, contains: string): HttpRequest =>
    get(`/floor/${path}`, bearer(access), contains);
  return {
    hello: get('/floor/hello', {}, 'hello'),
    select: get(`/floor/select?digest=${digest}`, {}, NAME),
    verify: floor('verify', '"exp"'),
    sign: floor('sign', 'access'),
    verifyAndSelect: floor(`verify-select?digest=${digest}`, NAME),
    verifySignAndSelect: floor(`verify-sign-select?digest=${digest}`, 'access'),
    pbkdf2: floor(`pbkdf2?chain=${PRODUCTION_CHAIN}`, 'hashed'),
  };
}

function rowRequests({ access, refresh, key }: Credentials): Record<RowName, Sent> {
  const byKey = { 'X-API-Key': key };
  const me = `${ACCOUNTS}/users/me/`;
  return {
    meByBearer: get(me, bearer(access), NAME),
    meByKey: get(me, byKey, NAME),
    rpcByKey: { kind: 'rpc', headers: { 'x-api-key': key }, username: NAME } satisfies RpcCall,
    verifyByBearer: { ...get(`${ACCOUNTS}/auth/verify/`, bearer(access), ''), status: 204 },
    introspect: postOf('/token/introspect/', { token: access }, byKey, '"active":true'),
    refresh: postOf('/token/refresh/', { refresh }, {}, 'access'),
    login: postOf('/token/', { username: NAME, password: PASSWORD }, {}, 'refresh'),
    unauthenticated: { ...get(me, {}, 'not provided'), status: 401 },
    jwks: get('/.well-known/jwks.json', {}, 'P-256'),
  };
}

function defaultIterations(): number {
  // No var is set; what is read here has nothing to do with the database.
  const parsed = parseConfig({} as Env);
  if (!parsed.valid) throw new Error(parsed.problem);
  return parsed.config.passwordPolicy.passwordIterations;
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

const get = (path: string, headers: Record<string, string>, contains: string): HttpRequest => ({
  kind: 'http',
  method: 'GET',
  path,
  headers: { ...CLIENT, ...headers },
  status: 200,
  contains,
});

const postOf = (
  path: string,
  body: object,
  headers: Record<string, string>,
  contains: string,
): HttpRequest => ({
  ...get(ACCOUNTS + path, { ...JSON_TYPE, ...headers }, contains),
  method: 'POST',
  body: JSON.stringify(body),
});

/** Sends what has to succeed, and gives the answer's members. */
const poster =
  (runtime: Runtime) =>
  // biome-ignore lint/suspicious/noExplicitAny: a wrong shape fails the row that needs it
  async (path: string, body: object, headers: Record<string, string> = {}): Promise<Record<string, any>> => {
    const answer: Answer | null = await runtime.perform({
      kind: 'send',
      request: postOf(path, body, headers, ''),
    });
    if (answer === null || answer.status >= 300)
      throw new Error(`${path} answered ${answer?.status}: ${answer?.text}`);
    return JSON.parse(answer.text);
  };
