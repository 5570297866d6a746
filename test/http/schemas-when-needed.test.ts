import { expect, it, vi } from 'vitest';
import { documentation } from '../../src/http/documentation.ts';
import { get, post } from '../support/api.ts';
import { schemasBuiltBy } from '../support/work.ts';

/** Names of the schemas that this isolate has made. zod keeps them by name, and nothing else tells. */
const made = (): string[] => [...documentation._idmap.keys()];

it('makes no schema at start-up, and of a request only those that read it', async () => {
  expect(made()).toEqual([]);
  expect((await get('/api/accounts/users/me/')).status).toBe(401);
  expect((await get('/api/schema/')).status).toBe(200);
  expect(made()).toEqual([]);
  expect((await post('/api/accounts/token/', { username: 'nobody', password: 'wrong' })).status).toBe(401);
  expect(made()).toEqual(['Credentials']);
});

it('makes none at start-up without a name either', async () => {
  vi.resetModules();
  expect(await schemasBuiltBy(() => import('../../src/index.ts'))).toBe(0);
});
