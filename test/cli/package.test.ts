import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestHarness } from 'wrangler';
import { freshCheckout, projectRoot } from '../support/node/checkout.ts';
import { type Service, startService } from '../support/node/service.ts';

const run = promisify(execFile);
const OFFLINE = ['--offline', '--no-audit', '--no-fund', '--no-update-notifier'];

/** Both as a developer has them: the service, and an empty project beside it into which the package is installed. */
let checkout: Awaited<ReturnType<typeof freshCheckout>>;
let server: Service;
let project: string;
let key: string;
let access: string;
let installed: string;

/** The block of the README that has this line, as `file` of the project. */
async function exampleWith(line: string, file: string): Promise<string> {
  const readme = await readFile(join(projectRoot, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```(?:js|sh)\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
  const block = blocks.find((each) => each.includes(line));
  if (block === undefined) throw new Error(`README.md has no example with ${line}`);
  await writeFile(join(project, file), block);
  return file;
}

async function install(): Promise<string> {
  const npm = (folder: string, ...args: string[]) => run('npm', [...args, ...OFFLINE], { cwd: folder });
  await npm(checkout.folder, 'pack', '--pack-destination', project);
  // The one dependency, which a registry gives where there is one.
  const jose = join(projectRoot, 'node_modules', 'jose');
  await npm(project, 'pack', jose, '--ignore-scripts', '--pack-destination', project);
  await writeFile(join(project, 'package.json'), '{"name":"empty","private":true,"type":"module"}');
  const archives = (await readdir(project))
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => `./${name}`);
  const { stdout, stderr } = await npm(project, 'install', '--foreground-scripts', ...archives);
  return stdout + stderr;
}

async function makeCredentials(): Promise<{ key: string; access: string }> {
  const api = `${server.origin}/api/accounts`;
  const post = async (path: string, body: object, headers = {}) => {
    const sent = { 'Content-Type': 'application/json', ...headers };
    const answer = await fetch(api + path, { method: 'POST', headers: sent, body: JSON.stringify(body) });
    return (await answer.json()) as Record<string, string>;
  };
  const admin = { username: 'ada', password: 'correct horse battery' };
  await post('/initialize-superuser/', { ...admin, email: 'ada@example.com' });
  const { access: token = '' } = await post('/token/', admin);
  const made = await post('/api-keys/generate/', {}, { Authorization: `Bearer ${token}` });
  return { key: made['key'] ?? '', access: token };
}

beforeAll(async () => {
  checkout = await freshCheckout();
  await copyFile(join(projectRoot, 'LICENSE'), join(checkout.folder, 'LICENSE'));
  await mkdir(join(checkout.folder, 'lib'));
  await writeFile(join(checkout.folder, 'lib', 'stale.js'), '');
  project = await mkdtemp(join(tmpdir(), 'edge-accounts-program-'));
  installed = await install();
  server = await startService();
  ({ key, access } = await makeCredentials());
});

afterAll(async () => {
  await server.stop();
  await checkout.remove();
  await rm(project, { recursive: true, force: true });
});

const environment = () => ({ ...process.env, ACCOUNTS_URL: server.origin, ACCOUNTS_KEY: key });

describe('the package', () => {
  it('runs nothing when it is installed, and brings jose alone', async () => {
    expect(installed).not.toMatch(/^> /m);
    expect(await readdir(join(project, 'node_modules'))).toEqual(
      expect.arrayContaining(['edge-accounts', 'jose']),
    );
    const { scripts = {} } = JSON.parse(
      await readFile(join(project, 'node_modules', 'edge-accounts', 'package.json'), 'utf8'),
    );
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
      expect(scripts[name]).toBe(undefined);
  });

  it('holds what its exports name, and nothing of the Worker or of a build before', async () => {
    const folder = join(project, 'node_modules', 'edge-accounts');
    const { exports } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    for (const { types, default: script } of Object.values<{ types: string; default: string }>(exports)) {
      for (const file of [types, script]) expect(await readFile(join(folder, file), 'utf8')).not.toBe('');
    }
    expect((await readdir(folder)).sort()).toEqual(['LICENSE', 'README.md', 'lib', 'package.json']);
    expect(await readdir(join(folder, 'lib'))).not.toContain('stale.js');
  });

  it('has types that programs are checked with, those of operations among them', async () => {
    await writeFile(
      join(project, 'typed.mts'),
      `import { createClient, type User } from 'edge-accounts/client';
       const client = createClient({ baseUrl: 'https://accounts.example.com', fetch });
       export const user: Promise<User> = client.request('GET users/{id}/', { id: 7 });
       export const drop: typeof fetch = client.fetch;
       // @ts-expect-error: which user?
       client.request('GET users/{id}/');
       // @ts-expect-error: there is no such operation.
       client.request('GET users/{name}/', { id: 7 });
       // @ts-expect-error: a user has a name.
       client.request('POST users/', { body: { password: 'long enough' } });\n`,
    );
    const options = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2022,dom'];
    const tsc = join(projectRoot, 'node_modules', '.bin', 'tsc');
    for (const resolution of ['nodenext', 'bundler']) {
      const module = resolution === 'bundler' ? 'esnext' : resolution;
      const args = [...options, '--module', module, '--moduleResolution', resolution, 'typed.mts'];
      await run(tsc, args, { cwd: project });
    }
  });
});

describe('the client', () => {
  it('takes less than 5 KB compressed', async () => {
    const { outputFiles } = await build({
      stdin: { contents: "export * from 'edge-accounts/client'", resolveDir: project },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    expect(gzipSync(outputFiles[0]?.contents ?? '').length).toBeLessThan(5000);
  });

  it('runs in Node as the README has it', async () => {
    const file = await exampleWith('process.env', 'program.js');
    const { stdout } = await run(process.execPath, [file], { cwd: project, env: environment() });
    expect(stdout).toBe('ada has 1 key\n');
  });

  it('runs in a Worker as the README has it', async () => {
    await exampleWith('apiKey: env.ACCOUNTS_KEY', 'worker.js');
    const config = `name = "program"\nmain = "worker.js"\ncompatibility_date = "2026-11-01"\n[vars]
ACCOUNTS_URL = "${server.origin}"\nACCOUNTS_KEY = "${key}"\n`;
    await writeFile(join(project, 'wrangler.toml'), config);
    const worker = createTestHarness({ workers: [{ configPath: join(project, 'wrangler.toml') }] });
    await worker.listen();
    const answer = await worker.fetch('/');
    expect([answer.status, await answer.json()]).toMatchObject([200, { id: 1, username: 'ada' }]);
    await worker.close();
  });

  it('is not needed by a script of the shell', async () => {
    const file = await exampleWith('curl -sSf', 'whoami.sh');
    const { stdout } = await run('sh', [file], { cwd: project, env: environment() });
    expect(JSON.parse(stdout)).toMatchObject({ username: 'ada' });
    const refused = run('sh', [file], { cwd: project, env: { ...environment(), ACCOUNTS_KEY: 'dsp_wrong' } });
    await expect(refused).rejects.toMatchObject({ code: 22, stderr: expect.stringContaining('401') });
  });
});

describe('the verifier', () => {
  const judge = `const verifier = createVerifier({ jwks: \`\${url}/.well-known/jwks.json\` });
    const good = await verifier.verify(token);
    const bad = await verifier.verify(token.slice(0, -8) + 'AAAAAAAA');
    const seen = [good.valid, good.userId, bad.valid, bad.reason];`;
  const seen = [true, 1, false, 'token_invalid'];

  it('runs in Node, from the public keys of the service', async () => {
    const program = `import { createVerifier } from 'edge-accounts/verify';
      const { ACCOUNTS_URL: url, ACCESS: token } = process.env;
      ${judge}
      console.log(JSON.stringify(seen));`;
    await writeFile(join(project, 'verify.js'), program);
    const env = { ...environment(), ACCESS: access };
    const { stdout } = await run(process.execPath, ['verify.js'], { cwd: project, env });
    expect(JSON.parse(stdout)).toEqual(seen);
  });

  it('runs in a Worker', async () => {
    const program = `import { createVerifier } from 'edge-accounts/verify';
      export default {
        async fetch(request, { ACCOUNTS_URL: url }) {
          const token = request.headers.get('Authorization').slice(7);
          ${judge}
          return Response.json(seen);
        },
      };`;
    await mkdir(join(project, 'verifier'));
    await writeFile(join(project, 'verifier', 'index.js'), program);
    const configPath = join(project, 'verifier', 'wrangler.toml');
    await writeFile(
      configPath,
      `name = "verifier"\nmain = "index.js"\ncompatibility_date = "2026-11-01"\n[vars]\nACCOUNTS_URL = "${server.origin}"\n`,
    );
    const worker = createTestHarness({ workers: [{ configPath }] });
    await worker.listen();
    const answer = await worker.fetch('/', { headers: { Authorization: `Bearer ${access}` } });
    expect([answer.status, await answer.json()]).toEqual([200, seen]);
    await worker.close();
  });

  it('has types that know which verifier can tell rights', async () => {
    await writeFile(
      join(project, 'verified.mts'),
      `import { createVerifier, requires, type AccountsBinding } from 'edge-accounts/verify';
       declare const binding: AccountsBinding;
       export const guard = requires(createVerifier({ binding }), 'view_user');
       // @ts-expect-error: tokens hold no rights.
       requires(createVerifier({ jwks: 'https://accounts.example.com/.well-known/jwks.json' }), 'view_user');
       // @ts-expect-error: there is no such permission.
       requires(createVerifier({ binding }), 'view_everything');\n`,
    );
    const options = ['--strict', '--noEmit', '--skipLibCheck', '--target', 'es2022', '--lib', 'es2022,dom'];
    const tsc = join(projectRoot, 'node_modules', '.bin', 'tsc');
    const args = [...options, '--module', 'nodenext', '--moduleResolution', 'nodenext', 'verified.mts'];
    await run(tsc, args, { cwd: project });
  });
});
