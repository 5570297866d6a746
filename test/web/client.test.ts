import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { projectRoot } from '../support/node/checkout.ts';
import { chromiumPath } from './support/chromium.ts';
import { PASSWORD, type Stage, setStage } from './support/stage.ts';

/** A page of another origin that uses the client, and an origin that gets no credential of it. */
type Site = { origin: string; headersAt(path: string): IncomingHttpHeaders | undefined; close(): void };

async function listen(script: string): Promise<Site> {
  const seen = new Map<string, IncomingHttpHeaders>();
  const server: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://site.example');
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', 'authorization, x-api-key');
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    seen.set(pathname, request.headers);
    const target = searchParams.get('to');
    if (target !== null) return void response.writeHead(307, { Location: target }).end();
    if (searchParams.has('refuses')) return void response.writeHead(401).end();
    response.setHeader('Content-Type', pathname === '/sdk.js' ? 'text/javascript' : 'text/html');
    response.end(pathname === '/sdk.js' ? script : '<script src="/sdk.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const headersAt = (path: string) => seen.get(path);
  return { origin: `http://127.0.0.1:${port}`, headersAt, close: () => void server.close() };
}

const bundled = async (): Promise<string> => {
  const entryPoints = [`${projectRoot}src/sdk/index.ts`];
  const options = { bundle: true, format: 'iife', globalName: 'sdk', write: false } as const;
  const { outputFiles } = await build({ entryPoints, ...options });
  return outputFiles[0]?.text ?? '';
};

/** In a page: how many hold the lock around a refresh, and how many wait for it. */
async function refreshLocks(): Promise<number[]> {
  const { held = [], pending = [] } = await navigator.locks.query();
  return [held, pending].map((all) => all.filter(({ name }) => name?.endsWith(' refresh')).length);
}

describe.runIf(chromiumPath)('the client in a browser', () => {
  let stage: Stage;
  let [site, foreign]: Site[] = [];
  let context: BrowserContext;

  beforeAll(async () => {
    stage = await setStage();
    const script = await bundled();
    [site, foreign] = [await listen(script), await listen(script)];
    const body = { username: 'ada', password: PASSWORD, email: 'ada@example.com' };
    await stage.call('POST', '/api/accounts/initialize-superuser/', { body });
    ({ context } = await stage.visit());
  });

  afterAll(async () => {
    await stage.end();
    site?.close();
    foreign?.close();
  });

  async function tab(): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${site?.origin}/`);
    return page;
  }

  /**
   * As `tab`, in the same process: another may be shown what this one has written a moment later, since browsers
   * promise no order between storage and locks (HTML standard, section 12.2.3).
   */
  async function besides(page: Page): Promise<Page> {
    const opened = context.waitForEvent('page');
    await page.evaluate(() => void window.open(location.href));
    const other = await opened;
    await other.waitForLoadState();
    return other;
  }

  it('keeps a login for all tabs, refreshes once between them, and is told of a logout', async () => {
    const first = await tab();
    const second = await besides(first);
    const refreshes: string[] = [];
    const bothWait = Promise.withResolvers<void>();
    await context.route('**/token/refresh/', async (route, request) => {
      if (request.method() === 'POST') {
        refreshes.push(request.url());
        await bothWait.promise;
      }
      await route.continue();
    });
    for (const page of [first, second]) {
      await page.evaluate((baseUrl) => {
        Object.assign(globalThis, { ended: 0 });
        const onSignedOut = () => Object.assign(globalThis, { ended: 1 });
        const client = sdk.createClient({ baseUrl, storage: sdk.localStorageTokens(), onSignedOut });
        Object.assign(globalThis, { client });
      }, stage.origin);
    }
    await first.evaluate((password) => client.login({ username: 'ada', password }), PASSWORD);
    expect(await second.evaluate(async () => (await client.me()).username)).toBe('ada');
    const refreshed = Promise.all([first, second].map((page) => page.evaluate(() => client.refresh())));
    // One is in the middle of it, and the other has seen the old token and waits.
    await vi.waitFor(async () => expect(await first.evaluate(refreshLocks)).toEqual([1, 1]), 30_000);
    bothWait.resolve();
    await refreshed;
    await context.unroute('**/token/refresh/');
    expect(refreshes.length).toBe(1);
    await first.evaluate(() => client.logout());
    expect(await second.evaluate(() => client.me().catch(({ status }) => status))).toBe(401);
    expect(await second.evaluate(() => ended)).toBe(1);
    expect(await first.evaluate(() => ended)).toBe(0);
  });

  it('leaves a token behind when it is redirected elsewhere', async () => {
    const page = await tab();
    const answered = await page.evaluate(
      async ({ baseUrl, origin, target, password }) => {
        const made = sdk.createClient({ baseUrl, origins: [origin] });
        await made.login({ username: 'ada', password });
        return (await made.fetch(`${origin}/token?to=${target}`)).status;
      },
      {
        baseUrl: stage.origin,
        origin: site?.origin ?? '',
        target: `${foreign?.origin}/token`,
        password: PASSWORD,
      },
    );
    expect(answered).toBe(200);
    expect(site?.headersAt('/token')?.authorization).toMatch(/^Bearer /);
    expect(foreign?.headersAt('/token')).toBeDefined();
    expect(foreign?.headersAt('/token')?.authorization).toBe(undefined);
  });

  it('asks nobody again who was not sent the token', async () => {
    const page = await tab();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    const status = await page.evaluate(
      async ({ baseUrl, origin, target, password }) => {
        const made = sdk.createClient({ baseUrl, origins: [origin] });
        await made.login({ username: 'ada', password });
        return (await made.fetch(`${origin}/away?to=${encodeURIComponent(target)}`)).status;
      },
      {
        baseUrl: stage.origin,
        origin: site?.origin ?? '',
        target: `${foreign?.origin}/away?refuses`,
        password: PASSWORD,
      },
    );
    expect(status).toBe(401);
    expect(asked.filter((each) => each.startsWith('GET') || each.includes('/refresh/'))).toEqual(
      Array(2).fill('GET /away'),
    );
  });

  it('takes a key nowhere when it is redirected', async () => {
    const page = await tab();
    const failure = await page.evaluate(
      async ({ baseUrl, origin, target }) => {
        const made = sdk.createClient({ baseUrl, origins: [origin], apiKey: 'dsp_key' });
        return made.fetch(`${origin}/key?to=${target}`).catch(({ name }) => name);
      },
      { baseUrl: stage.origin, origin: site?.origin ?? '', target: `${foreign?.origin}/key` },
    );
    expect(failure).toBe('NetworkError');
    expect(site?.headersAt('/key')?.['x-api-key']).toBe('dsp_key');
    expect(foreign?.headersAt('/key')).toBe(undefined);
  });
});
