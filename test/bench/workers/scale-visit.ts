import { CHUNK_ROWS } from '../../../src/core/housekeeping.ts';
import { LONG_AGO, nameOf, PASSWORD } from '../scale-task.ts';
import type { Service } from './scale-service.ts';

type Step = <T>(name: string, run: () => Promise<T>) => Promise<T>;
type Visitor = { service: Service; step: Step; user: number; of: number };

/** All that is measured, done by one user and then by an admin, of whom there are `of` more. */
export async function visit(visitor: Visitor): Promise<void> {
  const token = await signIn(visitor);
  await callAsOneself(visitor, token);
  await useKeys(visitor, token);
  await administer(visitor);
  await visitor.step('logout', () => visitor.service.post('auth/logout/', { token }));
  await visitor.step('housekeeping, 500 rows', () =>
    visitor.service.housekeeping.removeExpired('sessions', new Date(LONG_AGO), CHUNK_ROWS),
  );
}

async function signIn({ service, step, user }: Visitor): Promise<string> {
  const username = nameOf(user);
  const login = (password: string, status: number) =>
    service.post('token/', { body: { username, password }, status });
  await step('login, failed', () => login('wrong', 401));
  const { access, refresh } = await step('login', () => login(PASSWORD, 200));
  await step('refresh', () => service.post('token/refresh/', { body: { refresh } }));
  return access;
}

async function callAsOneself({ service, step, user }: Visitor, token: string): Promise<void> {
  await step('users/me/ by token', () => service.get('users/me/', { token }));
  await step('own logins, a page', () => service.get('sessions/?page=1', { token }));
  const body = { first_name: `Changed ${user}` };
  await step('own name changed', () => service.send('PATCH', 'users/me/', { token, body }));
}

async function useKeys({ service, step }: Visitor, token: string): Promise<void> {
  const { key } = await step('key generated', () =>
    service.post('api-keys/generate/', { token, body: {}, status: 201 }),
  );
  await step('users/me/ by key, first use', () => service.get('users/me/', { key }));
  await step('users/me/ by key', () => service.get('users/me/', { key }));
  await step('own keys, a page', () => service.get('api-keys/?page=1', { token }));
}

async function administer({ service, step, user, of }: Visitor): Promise<void> {
  const body = { username: nameOf(1), password: PASSWORD };
  const { access: token } = await service.post('token/', { body });
  const name = nameOf(user);
  const get = (step_: string, path: string) => step(step_, () => service.get(path, { token }));
  await get('a user by id', `users/${user}/`);
  await get('search that finds one', `users/?search=${name}`);
  await get('search that finds one, a page', `users/?page=1&search=${name}`);
  await get('audit log, a page', 'audit-events/');
  await get('audit log of a user', `audit-events/?user_id=${user}`);
  await get('audit log of an event', 'audit-events/?event=authn_login_success');
  await get('audit log of a minute', `audit-events/?since=${at(0)}&until=${at(60)}`);
  const created = { username: `new-${crypto.randomUUID()}`, password: PASSWORD, email: 'new@example.org' };
  const { id } = await step('user created', () =>
    service.post('users/', { token, body: created, status: 201 }),
  );
  await step('user deleted', () => service.send('DELETE', `users/${id}/`, { token, status: 204 }));
  await get('all users, first page (counts all)', 'users/?page=1');
  await get('all users, last page (counts and skips all)', `users/?page=${Math.ceil(of / 50)}`);
  await get('search that finds all, a page (counts all)', 'users/?page=1&search=user');
  await get('all keys, a page (counts all)', 'api-keys/?page=1');
}

/** While events were seeded, one a second from the beginning of 2026. */
const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
