// `npm run db:reset [-- --persist-to DIR]`: an empty local database with current tables.

import { relative } from 'node:path';
import { stateFolder } from './dev-args.ts';
import { migrateLocal, removeLocal } from './local-database.ts';

const state = stateFolder(process.argv.slice(2));
const place = relative(process.cwd(), state) || '.';

const removed = await removeLocal(state);
console.log(removed ? `Removed the local database in ${place}` : `There was no local database in ${place}`);
try {
  const applied = await migrateLocal(state);
  console.log(applied.length > 0 ? `Applied ${applied.join(', ')}` : 'There are no migrations to apply');
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : cause);
  process.exitCode = 1;
}
if (removed) console.log('A dev server that is running keeps the old database until you restart it.');
