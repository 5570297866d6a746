import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshCheckout } from '../support/node/checkout.ts';
import { type DevServer, startServer } from '../support/node/dev-server.ts';

let checkout: Awaited<ReturnType<typeof freshCheckout>>;
const servers: DevServer[] = [];

/** The blocks of one language below a heading of the README. */
async function blocksBelow(heading: string, language: string): Promise<string[]> {
  const readme = await readFile(join(checkout.folder, 'README.md'), 'utf8');
  const [, section = ''] = readme.split(`\n## ${heading}\n`);
  const [body = ''] = section.split('\n## ');
  return [...body.matchAll(/```(\w+)\n([\s\S]*?)```/g)].flatMap(([, name, text]) =>
    name === language && text !== undefined ? [text] : [],
  );
}

async function start(command: string[], ready: string): Promise<DevServer> {
  const server = await startServer(checkout.folder, { command, ready });
  servers.push(server);
  return server;
}

beforeAll(async () => {
  checkout = await freshCheckout();
  // Where dev servers find each other: not those of somebody else on this machine.
  process.env['WRANGLER_REGISTRY_PATH'] = join(checkout.folder, '.wrangler', 'registry');
});

afterAll(async () => {
  for (const server of servers) await server.stop();
  await checkout.remove();
});

it('the other Worker of the README protects its route, beside npm run dev', async () => {
  const [[settings = ''], [code = '']] = [
    await blocksBelow('Protecting other services', 'toml'),
    await blocksBelow('Protecting other services', 'js'),
  ];
  const shop = join(checkout.folder, 'shop');
  await mkdir(shop);
  await writeFile(join(shop, 'wrangler.toml'), settings);
  await writeFile(join(shop, 'index.js'), code);
  const accounts = await start(['src/cli/dev.ts'], 'Make the first one');
  const wrangler = 'node_modules/wrangler/bin/wrangler.js';
  const { origin } = await start([wrangler, 'dev', '-c', 'shop/wrangler.toml'], 'Ready on');
  const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const sent = { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers } };
    return (
      await fetch(`${accounts.origin}/api/accounts${path}`, { ...sent, body: JSON.stringify(body) })
    ).json();
  };
  const admin = { username: 'admin', password: 'correct horse battery' };
  await post('/initialize-superuser/', { ...admin, email: '' });
  const headers = { Authorization: `Bearer ${(await post('/token/', admin)).access}` };
  const visit = async () => {
    const answer = await fetch(origin, { headers });
    return [answer.status, await answer.text()];
  };
  expect(await visit()).toEqual([200, 'Hello admin']);
  await post('/auth/logout/', {}, headers);
  expect(await visit()).toEqual([401, 'login_ended']);
});
