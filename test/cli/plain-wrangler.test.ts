import { expect, it } from 'vitest';
import { freshCheckout } from '../support/node/checkout.ts';
import { startServer } from '../support/node/dev-server.ts';

it('a plain wrangler dev on a fresh checkout has its key and its tables from the first request on', async () => {
  const checkout = await freshCheckout();
  const server = await startServer(checkout.folder, {
    command: ['node_modules/wrangler/bin/wrangler.js', 'dev'],
    ready: 'Ready on',
  });
  try {
    const setup = await post(`${server.origin}/api/accounts/initialize-superuser/`);
    expect([setup.status, await setup.json()]).toEqual([200, { superuser_exists: true }]);
    const login = await post(`${server.origin}/api/accounts/token/`);
    expect(login.status).toBe(200);
    expect(server.complaints()).toEqual([]);
  } finally {
    await server.stop();
    await checkout.remove();
  }
});

const post = (url: string): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: 'correct horse battery' }),
  });
