import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshCheckout } from '../support/node/checkout.ts';
import { type DevServer, startServer } from '../support/node/dev-server.ts';
import { queryFile } from './support/account.ts';

let checkout: Awaited<ReturnType<typeof freshCheckout>>;
let server: DevServer;

beforeAll(async () => {
  checkout = await freshCheckout();
  server = await startServer(checkout.folder, {
    command: ['src/cli/dev.ts'],
    ready: 'Make the first one',
  });
});

afterAll(async () => {
  await server.stop();
  await checkout.remove();
});

const PASSWORD = 'correct horse battery';
const post = (path: string, body: object): Promise<Response> =>
  fetch(`${server.origin}/api/accounts/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

const statusOfMe = async (access: string): Promise<number> =>
  (await fetch(`${server.origin}/api/accounts/users/me/`, { headers: { Authorization: `Bearer ${access}` } }))
    .status;

const script = (name: string, args: string[], input = ''): Promise<number | null> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [join('src', 'cli', name), ...args], { cwd: checkout.folder });
    child.once('exit', resolve);
    child.stdin.end(input);
  });

const usersInFile = (): Record<string, unknown>[] => {
  const folder = join(checkout.folder, '.wrangler/state/v3/d1/miniflare-D1DatabaseObject');
  const [file = ''] = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  return queryFile(join(folder, file), 'select * from users order by id');
};

it('an admin made beside a running server signs in, and differs from that of the first set-up only by who set the password', async () => {
  await post('initialize-superuser/', { username: 'first', password: PASSWORD });
  expect(await script('admin-create.ts', ['second'], PASSWORD)).toBe(0);
  expect((await post('token/', { username: 'second', password: PASSWORD })).status).toBe(200);
  expect(usersInFile().map((row) => row['password_set_by'])).toEqual(['own', 'admin']);
  const theirs = {
    password_set_by: '',
    id: 0,
    username: '',
    password_hash: '',
    date_joined: 0,
    last_login: null,
    change_id: '',
  };
  const [first, second] = usersInFile().map((row) => ({ ...row, ...theirs }));
  expect(second).toEqual(first);
});

it('credentials:end-all refuses every token and key from the next request on', async () => {
  const login = await post('token/', { username: 'second', password: PASSWORD });
  const { access }: { access: string } = JSON.parse(await login.text());
  expect(await statusOfMe(access)).toBe(200);
  expect(await script('credentials-end-all.ts', ['--yes'])).toBe(0);
  expect(await statusOfMe(access)).toBe(401);
});
