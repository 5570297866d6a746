// The local D1 database: where it is, whether its tables are current, and how it is brought there.

import { createHash, createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { stripVTControlCharacters } from 'node:util';
import { isMissing } from './files.ts';
import { UsageError } from './options.ts';
import { paths } from './project.ts';
import { captureWrangler } from './wrangler.ts';

const binding = 'DB';
const storageClass = 'miniflare-D1DatabaseObject';

/** The id that wrangler gives the local database: the one at the top of its configuration, else the binding's name. */
function localDatabaseId(config: string): string {
  const [top = ''] = config.split(/^\s*\[+env\./m);
  const configured = (name: string) =>
    new RegExp(`^\\s*${name}\\s*=\\s*["']([^"']+)["']`, 'm').exec(top)?.[1];
  return configured('preview_database_id') ?? configured('database_id') ?? binding;
}

/** The name of a local database's file: the id of the Durable Object that holds it, as workerd makes it. */
function databaseFileName(id: string): string {
  const key = createHash('sha256').update(storageClass).digest();
  const half = (data: string | Buffer) => createHmac('sha256', key).update(data).digest().subarray(0, 16);
  const name = half(id);
  return `${Buffer.concat([name, half(name)]).toString('hex')}.sqlite`;
}

async function databaseFile(state: string): Promise<string> {
  const id = localDatabaseId(await readFile(paths.config, 'utf8'));
  return join(state, 'v3', 'd1', storageClass, databaseFileName(id));
}

/**
 * Brings the local database of a state folder up to date and gives the names of the migrations that it
 * applied. The look into the file first saves wrangler's start, which is most of the time it takes.
 */
export async function migrateLocal(state: string = paths.state): Promise<string[]> {
  const applied = listApplied(await databaseFile(state));
  const pending = (await listMigrations()).filter((name) => !applied.has(name));
  if (pending.length === 0) return [];
  const command = ['d1', 'migrations', 'apply', binding, '--local', '--persist-to', state];
  const { code, text } = await captureWrangler(command);
  if (code !== 0) throw new UsageError(`The local migrations failed. ${findError(text)}`);
  return pending;
}

function findError(text: string): string {
  const plain = stripVTControlCharacters(text);
  const lines = plain.slice(Math.max(plain.indexOf('✘'), 0)).split('\n');
  return lines.filter((line) => line.trim() !== '' && !line.includes('Logs were written')).join('\n');
}

/** Removes the local database of a state folder, and nothing beside it. False when there was none. */
export async function removeLocal(state: string = paths.state): Promise<boolean> {
  const file = await databaseFile(state);
  const existed = existsSync(file);
  for (const suffix of ['', '-shm', '-wal']) await rm(`${file}${suffix}`, { force: true });
  return existed;
}

async function listMigrations(): Promise<string[]> {
  try {
    return (await readdir(paths.migrations)).filter((name) => name.endsWith('.sql')).sort();
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw cause;
  }
}

function listApplied(file: string): Set<string> {
  if (!existsSync(file)) return new Set();
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = database.prepare('SELECT name FROM d1_migrations').all();
    return new Set(rows.map((row) => String(row['name'])));
  } catch {
    // No table, or a writer in the way: wrangler then finds out itself what is missing.
    return new Set();
  } finally {
    database.close();
  }
}
