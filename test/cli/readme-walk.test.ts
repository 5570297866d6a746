import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshCheckout } from '../support/node/checkout.ts';
import { type DevServer, startServer } from '../support/node/dev-server.ts';

const run = promisify(execFile);
const NOTICE = 'Make the first one';

let checkout: Awaited<ReturnType<typeof freshCheckout>>;
let server: DevServer;

beforeAll(async () => {
  checkout = await freshCheckout();
  server = await startServer(checkout.folder, {
    command: ['src/cli/dev.ts', '--persist-to', 'elsewhere'],
    ready: NOTICE,
  });
});

afterAll(async () => {
  await server.stop();
  await checkout.remove();
});

describe('npm run dev on a fresh checkout', () => {
  it('says where the API and its documentation are and how the first admin is made', () => {
    const printed = server.output();
    expect(printed).toContain(`${server.origin}/api/accounts/`);
    expect(printed).toContain(`${server.origin}/api/swagger/`);
    expect(printed).toContain(`curl ${server.origin}/api/accounts/initialize-superuser/`);
  });

  it('tries nothing outside and warns of nothing', () => {
    expect(server.complaints()).toEqual([]);
  });

  it('makes a signing key and a refresh key that only their owner can read', async () => {
    const file = join(checkout.folder, '.dev.vars');
    expect(await readFile(file, 'utf8')).toMatch(
      /^JWT_KEYS='\{"keys":\[\{.*"kid":.*\}\]\}'\nREFRESH_KEY='0\.[\w-]{43}'\n$/,
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['/', 'public, max-age=31536000, immutable'],
    ['/api/swagger/', 'public, max-age=86400'],
  ])('serves the page at %s and its files from one origin, to be kept by browsers', async (at, kept) => {
    const page = await (await fetch(server.origin + at)).text();
    const files = [...page.matchAll(/<(?:script|link)[^>]* (?:src|href)="([^"]+)"/g)].map(
      ([, path]) => path ?? '',
    );
    expect(files.length).toBeGreaterThanOrEqual(3);
    const caching: unknown[] = [];
    for (const path of files) {
      const response = await fetch(server.origin + path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
      if (/\.(js|css)$/.test(path)) caching.push(response.headers.get('Cache-Control'));
    }
    expect(caching).toContain(kept);
  });
});

it('the first login of the README runs as pasted', async () => {
  const readme = await readFile(join(checkout.folder, 'README.md'), 'utf8');
  const [, script] = /## A first login[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme) ?? [];
  const pasted = (script ?? '').replaceAll('http://localhost:8787', server.origin);
  const { stdout, stderr } = await run('sh', ['-c', pasted]);
  const [admin, me, byHeader, byScheme, revoked, refused, ...more] = stdout.trim().split('\n');
  expect(stderr).toBe('');
  expect(JSON.parse(admin ?? '')).toEqual({ superuser_exists: true });
  for (const answer of [me, byHeader, byScheme]) {
    expect(JSON.parse(answer ?? '')).toMatchObject({ id: 1, username: 'admin', user_level: 10 });
  }
  expect(JSON.parse(byHeader ?? '').api_key_preview).toMatch(/^dsp_\w{4}\.\.\.\w{4}$/);
  expect(JSON.parse(revoked ?? '')).toEqual({ success: true });
  expect(JSON.parse(refused ?? '')).toEqual({ detail: 'Invalid API key' });
  expect(more).toEqual([]);
});
