// `npm run deploy [-- arguments for wrangler deploy]`. Tables come before the code that reads them, and the
// signing keys with it; keys that are set are never replaced, for that would end every login.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeySet } from './key-set.ts';
import { captureWrangler, type Output, runWrangler } from './wrangler.ts';

const database = 'edge-accounts';

const isNamed = (name: string) => (item: unknown) =>
  typeof item === 'object' && item !== null && 'name' in item && item.name === name;

/** Whether a JSON list that wrangler printed has an item of that name; null when it printed no list. */
export function listsName(stdout: string, name: string): boolean | null {
  try {
    const items: unknown = JSON.parse(stdout);
    return Array.isArray(items) ? items.some(isNamed(name)) : null;
  } catch {
    return null;
  }
}

/**
 * Whether the deployed Worker has keys, from what `wrangler secret list` printed. Null when that is not
 * certain: taking a failure for "none" would replace the keys that people are signed in with.
 */
export function hasKeys({ code, stdout, text }: Output): boolean | null {
  if (code === 0) return listsName(stdout, 'JWT_KEYS');
  return text.includes('If this is a new Worker') ? false : null;
}

async function run(...command: string[]): Promise<void> {
  const code = await runWrangler(command);
  if (code !== 0) process.exit(code);
}

async function ensureDatabase(): Promise<void> {
  const listed = await captureWrangler(['d1', 'list', '--json']);
  const exists = listed.code === 0 ? listsName(listed.stdout, database) : null;
  if (exists === null) fail(listed.text);
  if (exists) return;
  const created = await captureWrangler(['d1', 'create', database]);
  if (created.code !== 0) fail(created.text);
  console.log(`Created the D1 database ${database}`);
}

async function deployWithNewKeys(args: string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-accounts-'));
  const file = join(folder, 'secrets.json');
  try {
    await writeFile(file, JSON.stringify({ JWT_KEYS: await createKeySet() }), { mode: 0o600 });
    process.exitCode = await runWrangler(['deploy', ...args, '--secrets-file', file]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function deploy(args: string[]): Promise<void> {
  await ensureDatabase();
  await run('d1', 'migrations', 'apply', 'DB', '--remote');
  const listed = await captureWrangler(['secret', 'list', '--format', 'json']);
  const keys = hasKeys(listed);
  if (keys === null) fail(listed.text);
  if (keys) await run('deploy', ...args);
  else await deployWithNewKeys(args);
}

function fail(text: string): never {
  console.error(text.trim());
  process.exit(1);
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  if (args.some((arg) => /^--(dry-run|dryRun)(=true)?$/.test(arg))) await run('deploy', ...args);
  else await deploy(args);
}
