import { execFile } from 'node:child_process';
import { appendFile, chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namesIn } from '../../src/cli/deploy-database.ts';
import { secretNamesIn } from '../../src/cli/deploy-worker.ts';
import { findOption } from '../../src/cli/dev-args.ts';
import { readyNotice } from '../../src/cli/dev-notice.ts';
import {
  ensureRefreshKey,
  ensureSigningKey,
  hasVariable,
  readVariables,
  removeVariable,
  variableToAppend,
  writeVariable,
} from '../../src/cli/dev-vars.ts';
import { createKeySet } from '../../src/cli/key-set.ts';
import { preparesEverything } from '../../src/cli/prepare.ts';
import { parseSigningKeys } from '../../src/core/signing-keys.ts';
import { freshCheckout, projectRoot } from '../support/node/checkout.ts';

const run = promisify(execFile);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edge-accounts-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the signing key of local development', () => {
  it('is one that the service signs with', async () => {
    const parsed = await parseSigningKeys([{ name: 'JWT_KEYS', text: await createKeySet() }]);
    expect(parsed.valid && [parsed.keys.signer.alg, parsed.keys.all.length]).toEqual(['ES256', 1]);
  });

  it('is made once and never replaced', async () => {
    const file = join(folder, '.dev.vars');
    expect(await ensureSigningKey(file)).toBe(true);
    const first = await readFile(file, 'utf8');
    expect(await ensureSigningKey(file)).toBe(false);
    expect(await readFile(file, 'utf8')).toBe(first);
  });

  it('is made beside a secret that is shared with another server', async () => {
    const file = join(folder, '.dev.vars');
    await writeVariable(file, 'JWT_KEYS_1000', '{"keys":[]}');
    expect(await ensureSigningKey(file)).toBe(true);
    expect(await readFile(file, 'utf8')).toMatch(/^JWT_KEYS_1000='.*'\nJWT_KEYS='.*'\n$/);
  });

  it('is appended to what the developer wrote, whose mode stays', async () => {
    const file = join(folder, '.dev.vars');
    await writeFile(file, 'PASSWORD_MIN_LENGTH=12');
    await chmod(file, 0o640);
    await ensureSigningKey(file);
    expect(await readFile(file, 'utf8')).toMatch(/^PASSWORD_MIN_LENGTH=12\nJWT_KEYS='.*'\n$/);
    expect((await stat(file)).mode & 0o777).toBe(0o640);
  });

  it.each([
    ['JWT_KEYS=x', true],
    ['A=1\n  export JWT_KEYS = x', true],
    ['# JWT_KEYS=x', false],
    ['OLD_JWT_KEYS=x', false],
    ['JWT_KEYS_OLD=x', false],
  ])('%j sets JWT_KEYS: %j', (text, expected) => {
    expect(hasVariable(text, 'JWT_KEYS')).toBe(expected);
  });

  it('refuses to write what one quoted line cannot hold', () => {
    expect(() => variableToAppend('', 'A', "it's")).toThrow();
    expect(() => variableToAppend('', 'A', 'two\nlines')).toThrow();
  });
});

describe('the refresh key of local development', () => {
  const file = () => join(folder, '.dev.vars');

  it('is made once, beside the signing key that is there already, and signs immediately', async () => {
    await ensureSigningKey(file());
    const before = await readFile(file(), 'utf8');
    expect(await ensureRefreshKey(file())).toBe(true);
    const after = await readFile(file(), 'utf8');
    expect(after.slice(0, before.length)).toBe(before);
    expect(after.slice(before.length)).toMatch(/^REFRESH_KEY='0\.[\w-]{43}'\n$/);
    expect(await ensureRefreshKey(file())).toBe(false);
    expect(await readFile(file(), 'utf8')).toBe(after);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
  });

  it.each(["REFRESH_KEY_2='0.x'\n", 'REFRESH_KEY=\n', 'export REFRESH_KEY = x'])(
    'is not made where the developer set one: %j',
    async (text) => {
      await writeFile(file(), text);
      expect(await ensureRefreshKey(file())).toBe(false);
      expect(await readFile(file(), 'utf8')).toBe(text);
    },
  );

  it.each(["REFRESH_KEY_OLD='x'\n", "REFRESH_KEY_1='x'\n", "# REFRESH_KEY='x'\n"])(
    'is made beside %j, which is none',
    async (text) => {
      await writeFile(file(), text);
      expect(await ensureRefreshKey(file())).toBe(true);
    },
  );
});

describe('a line that a script wrote into .dev.vars', () => {
  const file = () => join(folder, '.dev.vars');
  const OTHERS = '# mine\nPASSWORD_MIN_LENGTH=12\n';

  it('is changed and removed, and the rest stays as it was', async () => {
    await writeFile(file(), OTHERS, { mode: 0o640 });
    await writeVariable(file(), 'JWT_KEYS', 'one');
    await writeVariable(file(), 'JWT_KEYS_2', 'two');
    await writeVariable(file(), 'JWT_KEYS', '{"keys":[]}');
    expect(await readFile(file(), 'utf8')).toBe(`${OTHERS}JWT_KEYS='{"keys":[]}'\nJWT_KEYS_2='two'\n`);
    expect(await readVariables(file())).toMatchObject({ JWT_KEYS: '{"keys":[]}', JWT_KEYS_2: 'two' });
    await removeVariable(file(), 'JWT_KEYS');
    expect(await readFile(file(), 'utf8')).toBe(`${OTHERS}JWT_KEYS_2='two'\n`);
    expect((await stat(file())).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toEqual(['.dev.vars']);
  });

  it.each([
    ['JWT_KEYS=x\n', 'in another form'],
    ["JWT_KEYS='x' # mine\n", 'with a comment'],
    ["JWT_KEYS='x'\nJWT_KEYS='y'\n", 'twice'],
    ["JWT_KEYS='x\ny'\n", 'on two lines'],
  ])('is not one like %j: the developer set it %s', async (text) => {
    await writeFile(file(), text);
    await expect(writeVariable(file(), 'JWT_KEYS', 'z')).rejects.toThrow(/sets JWT_KEYS otherwise.*by hand/);
    await expect(removeVariable(file(), 'JWT_KEYS')).rejects.toThrow('by hand');
    expect(await readFile(file(), 'utf8')).toBe(text);
  });
});

describe('arguments for wrangler', () => {
  it.each([
    [['--persist-to', 'a'], 'a'],
    [['--persist-to=a', '--port', '1'], 'a'],
    [['--persist-to', 'a', '--persist-to=b'], 'b'],
    [['--port', '1'], null],
    [['--', '--persist-to', 'a'], null],
    [['--persist-to', '--port'], null],
  ])('%j keeps its state in %j', (args, expected) => {
    expect(findOption(args, 'persist-to')).toBe(expected);
  });
});

it('explains the first admin only where there is known to be none', () => {
  expect(readyNotice('http://localhost:1', false)).toContain(
    'curl http://localhost:1/api/accounts/initialize-superuser/',
  );
  for (const state of [true, null]) expect(readyNotice('http://localhost:1', state)).not.toContain('curl');
});

describe('deploying', () => {
  it('takes a failed look at the secrets for no answer, never for "no secrets"', () => {
    const output = (code: number, stdout: string, text = stdout) => ({ code, stdout, stderr: '', text });
    expect(secretNamesIn(output(0, '[{"name":"JWT_KEYS","type":"secret_text"}]'))).toEqual(['JWT_KEYS']);
    expect(secretNamesIn(output(0, '[]'))).toEqual([]);
    expect(
      secretNamesIn(output(1, '', 'Worker "x" not found. If this is a new Worker, run deploy first')),
    ).toEqual([]);
    expect(secretNamesIn(output(1, '', 'A request to the API failed'))).toBe(null);
    expect(secretNamesIn(output(0, 'not JSON'))).toBe(null);
  });

  it('knows the names in a list and a list from none', () => {
    expect(namesIn('[{"name":"a"}, null, 3]')).toEqual(['a', '', '']);
    expect(namesIn('{"name":"a"}')).toBe(null);
  });

  it('makes neither a key nor local tables', () => {
    expect(preparesEverything({ WRANGLER_COMMAND: 'deploy' })).toBe(false);
    expect(preparesEverything({ WRANGLER_COMMAND: 'dev' })).toBe(true);
    expect(preparesEverything({ WRANGLER_COMMAND: 'dev', EDGE_ACCOUNTS_PREPARE: 'assets' })).toBe(false);
  });

  it.each([[[]], [['--env', 'staging']]])(
    'builds without an account, with %j, and makes wrangler warn of nothing',
    async (args) => {
      const checkout = await freshCheckout();
      const command = ['src/cli/deploy.ts', '--dry-run', ...args];
      const { stdout, stderr } = await run(process.execPath, command, { cwd: checkout.folder });
      await checkout.remove();
      expect(stdout).toContain('--dry-run: exiting now');
      expect(stdout + stderr).not.toMatch(/warning/i);
    },
  );
});

it('deploys nothing where wrangler does not know an argument, and says that before it needs an account', async () => {
  const command = ['src/cli/deploy.ts', '--locaton', 'weur'];
  const env = { ...process.env, CLOUDFLARE_API_TOKEN: '' };
  const failed = run(process.execPath, command, { cwd: projectRoot, env });
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Unknown argument: locaton'),
  });
  await expect(failed).rejects.not.toMatchObject({ stderr: expect.stringContaining('API_TOKEN') });
});

it('db:reset leaves an empty database with its tables, and the key as it was, and takes nothing that it does not know', async () => {
  const checkout = await freshCheckout();
  await ensureSigningKey(join(checkout.folder, '.dev.vars'));
  // The id of an environment's database is not that of the local one.
  const elsewhere = '\n[[env.other.d1_databases]]\nbinding = "DB"\ndatabase_name = "a"\ndatabase_id = "b"\n';
  await appendFile(join(checkout.folder, 'wrangler.toml'), elsewhere);
  const key = await readFile(join(checkout.folder, '.dev.vars'), 'utf8');
  const reset = (...args: string[]) =>
    run(process.execPath, ['src/cli/db-reset.ts', ...args], { cwd: checkout.folder });
  expect((await reset()).stdout).toMatch(/There was no local database[\s\S]*Applied 0000_/);
  for (const args of [['--persist', 'x'], ['--env=staging'], ['x'], ['--persist-to']])
    await expect(reset(...args)).rejects.toMatchObject({ code: 1, stdout: '' });
  expect((await reset()).stdout).toMatch(/Removed the local database[\s\S]*Applied 0000_/);
  expect(await readFile(join(checkout.folder, '.dev.vars'), 'utf8')).toBe(key);
  await checkout.remove();
});
