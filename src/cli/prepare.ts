// wrangler's [build] command: it runs before wrangler reads .dev.vars and opens the local database, so
// what it makes counts in that same run. Local development gets all of it, a deployment only
// dist/ and the files that the Worker is bundled with.

import { relative } from 'node:path';
import { buildAssets } from './assets.ts';
import { ensureRefreshKey, ensureSigningKey } from './dev-vars.ts';
import { buildDocument } from './document.ts';
import { migrateLocal } from './local-database.ts';
import { paths, projectRoot } from './project.ts';

/** What `npm run dev` sets, since this command cannot see wrangler's arguments. */
export const stateVariable = 'EDGE_ACCOUNTS_STATE';
/** Set to `assets` by whoever runs the Worker with secrets and a database of its own, as tests do. */
const prepareVariable = 'EDGE_ACCOUNTS_PREPARE';

/** Whether a run also needs a key and local tables. wrangler names its command in the environment. */
export function preparesEverything(env: NodeJS.ProcessEnv): boolean {
  return env['WRANGLER_COMMAND'] === 'dev' && env[prepareVariable] !== 'assets';
}

/** Says what it did, for the terminal; nothing when all was there. */
async function prepareLocal(): Promise<string[]> {
  const state = process.env[stateVariable] || paths.state;
  const made = [
    ...((await ensureSigningKey()) ? ['Made a signing key: JWT_KEYS in .dev.vars'] : []),
    ...((await ensureRefreshKey()) ? ['Made a refresh key: REFRESH_KEY in .dev.vars'] : []),
  ];
  return [...made, ...(await migrate(state))];
}

/** A migration that fails is told, not thrown: wrangler would end a running server over a half-written one. */
async function migrate(state: string): Promise<string[]> {
  try {
    const applied = await migrateLocal(state);
    return applied.length > 0 ? [`Applied ${applied.join(', ')} to ${relative(projectRoot, state)}`] : [];
  } catch (cause) {
    return [cause instanceof Error ? cause.message : String(cause)];
  }
}

/** Likewise in development, where wrangler then says what is wrong with the source. */
async function describeApi(isLocal: boolean): Promise<string[]> {
  try {
    await buildDocument();
    return [];
  } catch (cause) {
    if (!isLocal) throw cause;
    return [`The API document is the old one: ${cause instanceof Error ? cause.message : String(cause)}`];
  }
}

if (import.meta.main) {
  const isLocal = preparesEverything(process.env);
  await buildAssets();
  const lines = [...(await describeApi(isLocal)), ...(isLocal ? await prepareLocal() : [])];
  // Without a line break at the end, for which wrangler would print a line of its own.
  process.stdout.write(lines.join('\n'));
}
