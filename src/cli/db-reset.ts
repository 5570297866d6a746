// `npm run db:reset [-- --persist-to DIR]`: an empty local database with current tables. What it does not know it
// refuses: an option that was misspelt would leave another database deleted.

import { relative, resolve } from 'node:path';
import { migrateLocal, removeLocal } from './local-database.ts';
import { assertNothingLeft, runScript, takeOptions } from './options.ts';
import { paths } from './project.ts';

async function reset(args: string[]): Promise<void> {
  const { values, rest } = takeOptions(args, { named: ['persist-to'] });
  assertNothingLeft(rest);
  const state = resolve(values['persist-to'] ?? paths.state);
  const place = relative(process.cwd(), state) || '.';
  const removed = await removeLocal(state);
  console.log(removed ? `Removed the local database in ${place}` : `There was no local database in ${place}`);
  if (removed) console.log('A dev server that is running keeps the old database until you restart it.');
  const applied = await migrateLocal(state);
  console.log(applied.length > 0 ? `Applied ${applied.join(', ')}` : 'There are no migrations to apply');
}

if (import.meta.main) await runScript(reset);
