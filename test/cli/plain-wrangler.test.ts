import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Checkout, freshCheckout } from '../support/node/checkout.ts';
import { type DevServer, startServer } from '../support/node/dev-server.ts';

let checkout: Checkout;
let server: DevServer;

beforeAll(async () => {
  checkout = await freshCheckout();
  server = await startServer(checkout.folder, {
    command: ['node_modules/wrangler/bin/wrangler.js', 'dev'],
    ready: 'Ready on',
  });
});

afterAll(async () => {
  await server?.stop();
  await checkout?.remove();
});

const ADMIN = JSON.stringify({ username: 'admin', password: 'correct horse battery' });

describe('a plain wrangler dev on a fresh checkout', () => {
  it('has its key and its tables from the first request on', async () => {
    expect(await post('initialize-superuser/', [ADMIN])).toEqual([200, { superuser_exists: true }]);
    expect((await post('token/', [ADMIN]))[0]).toBe(200);
    expect(server.complaints()).toEqual([]);
  });

  it('reads a body of unknown length, in whatever pieces it comes', async () => {
    expect((await post('token/', [...ADMIN]))[0]).toBe(200);
    const large = [ADMIN, ...Array.from({ length: 200 }, () => ' '.repeat(1000))];
    expect((await post('token/', large))[0]).toBe(200);
    const tooLarge = [...large, ' '.repeat(900_000)];
    expect((await post('token/', tooLarge))[0]).toBe(413);
  });

  it('goes on after a body that breaks off', async () => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': '500' };
    const broken = request(`${server.origin}/api/accounts/token/`, { method: 'POST', headers });
    broken.on('error', () => {});
    broken.write(ADMIN.slice(0, 20));
    await new Promise((resolve) => setTimeout(resolve, 100));
    broken.destroy();
    expect((await post('token/', [ADMIN]))[0]).toBe(200);
  });
});

/** Sends pieces one by one, chunked where there is more than one. */
function post(path: string, pieces: string[]): Promise<[status: number | undefined, body: unknown]> {
  const { promise, resolve, reject } = Promise.withResolvers<[number | undefined, unknown]>();
  const headers = { 'Content-Type': 'application/json' };
  const sent = request(
    `${server.origin}/api/accounts/${path}`,
    { method: 'POST', headers },
    async (answer) => {
      resolve([answer.statusCode, JSON.parse((await answer.toArray()).join(''))]);
    },
  );
  sent.on('error', reject);
  const [last = '', ...more] = pieces.toReversed();
  for (const piece of more.reverse()) sent.write(piece);
  sent.end(last);
  return promise;
}
