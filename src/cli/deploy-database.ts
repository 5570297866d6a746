// The database of a deployment: it exists, its tables are current, and it may have an admin.

import { ADMIN_LEVEL } from '../core/principal.ts';
import type { Environment } from './environment.ts';
import { UsageError } from './options.ts';
import { deployedDatabase, query } from './target.ts';
import { assertDone, captureWrangler, runUnasked } from './wrangler.ts';

/** Where a new database is put. wrangler knows the places, and Cloudflare takes the jurisdiction over the hint. */
export type Place = { location?: string; jurisdiction?: string };

const nameOf = (item: unknown): string =>
  typeof item === 'object' && item !== null && 'name' in item ? String(item.name) : '';

/** The names in a JSON list that wrangler printed; null when it printed no list. */
export function namesIn(stdout: string): string[] | null {
  try {
    const items: unknown = JSON.parse(stdout);
    return Array.isArray(items) ? items.map(nameOf) : null;
  } catch {
    return null;
  }
}

/**
 * Creates the database where there is none of that name, and brings its tables up to date.
 * @throws UsageError with wrangler's words when it fails.
 */
export async function ensureDatabase(environment: Environment, place: Place): Promise<void> {
  if (!(await exists(environment))) await create(environment, place);
  else if (place.location || place.jurisdiction)
    console.log(`The database ${environment.database.name} is there already: it stays where it is`);
  // Without a terminal, where wrangler would ask, and a No would deploy code that has no tables.
  await runUnasked(['d1', 'migrations', 'apply', 'DB', '--remote', environment.argument]);
}

/** With the environment, here and where it is made: each may have an account of its own. */
async function exists({ database, argument }: Environment): Promise<boolean> {
  if (database.id !== undefined) return true;
  const listed = await captureWrangler(['d1', 'list', '--json', argument]);
  const names = listed.code === 0 ? namesIn(listed.stdout) : null;
  if (names === null) throw new UsageError(withHint(listed.text.trim()));
  return names.includes(database.name);
}

/** It is the first call that needs the account. */
const withHint = (text: string): string =>
  text.includes('CLOUDFLARE_API_TOKEN') ? `${text}\n\nOn a machine of your own: npx wrangler login` : text;

async function create({ database, argument }: Environment, { location, jurisdiction }: Place): Promise<void> {
  const where = [
    ...(location === undefined ? [] : ['--location', location]),
    ...(jurisdiction === undefined ? [] : ['--jurisdiction', jurisdiction]),
  ];
  assertDone(await captureWrangler(['d1', 'create', database.name, ...where, argument]));
  // npm drops a --location that stands before its -- without a trace; an empty database can still be made anew.
  const place = jurisdiction ?? location ?? 'a place that Cloudflare chose';
  console.log(`Created the D1 database ${database.name} in ${place}`);
}

/** Whether there is an admin, active or not; null when that could not be learnt. */
export async function hasAdmin(environment: Environment): Promise<boolean | null> {
  const anAdmin = `select 1 from users where user_level >= ${ADMIN_LEVEL} limit 1`;
  try {
    return (await query(deployedDatabase(environment), anAdmin)).length > 0;
  } catch (cause) {
    if (cause instanceof UsageError) return null;
    throw cause;
  }
}
