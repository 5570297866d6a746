import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Account, StoredDatabase } from './account.ts';
import { type Call, Refused } from './arguments.ts';
import { fileOf, findDatabase } from './d1.ts';

// The stub remembers the moments at which it was asked for a bookmark; D1 remembers all of them.

const folderOf = (account: Account, { uuid }: StoredDatabase): string =>
  join(account.folder, `bookmarks-${uuid}`);

function remember(account: Account, database: StoredDatabase): string {
  const folder = folderOf(account, database);
  mkdirSync(folder, { recursive: true });
  const bookmark = `${Date.now().toString(16).padStart(16, '0')}-${randomBytes(4).toString('hex')}`;
  copyFileSync(fileOf(account, database), join(folder, bookmark));
  return bookmark;
}

/** The newest bookmark that is not newer than a moment, which wrangler takes as seconds or as RFC 3339. */
function bookmarkAt(account: Account, database: StoredDatabase, timestamp: string): string {
  const moment = /^\d{10}$/.test(timestamp) ? Number(timestamp) * 1000 : Date.parse(timestamp);
  if (Number.isNaN(moment)) throw new Refused(`Invalid timestamp '${timestamp}'.`);
  if (moment > Date.now())
    throw new Refused(`Invalid timestamp '${timestamp}'. Please provide a timestamp in the past`);
  const known = existsSync(folderOf(account, database))
    ? readdirSync(folderOf(account, database)).sort()
    : [];
  const found = known.findLast((bookmark) => Number.parseInt(bookmark, 16) <= moment);
  if (found === undefined) throw new Refused('the stub has no bookmark that old');
  return found;
}

export function tellBookmark(account: Account, { positionals: [name = ''], flags }: Call): void {
  const database = findDatabase(account, name, flags);
  const { timestamp } = flags;
  const bookmark =
    typeof timestamp === 'string' ? bookmarkAt(account, database, timestamp) : remember(account, database);
  console.log(
    flags['json'] === true
      ? JSON.stringify({ bookmark })
      : `⚠️ The current bookmark is '${bookmark}'\n⚡️ To restore to this specific bookmark, run:
 \`wrangler d1 time-travel restore ${name} --bookmark=${bookmark}\``,
  );
}

export function travel(account: Account, { positionals: [name = ''], flags }: Call): void {
  if ((flags['bookmark'] === undefined) === (flags['timestamp'] === undefined))
    throw new Refused('give either --timestamp or --bookmark');
  const database = findDatabase(account, name, flags);
  const bookmark = String(flags['bookmark'] ?? bookmarkAt(account, database, String(flags['timestamp'])));
  const snapshot = join(folderOf(account, database), bookmark);
  if (!existsSync(snapshot)) throw new Refused(`no such bookmark: ${bookmark}`);
  const previous = remember(account, database);
  copyFileSync(snapshot, fileOf(account, database));
  console.log(
    flags['json'] === true
      ? JSON.stringify({ bookmark, previous_bookmark: previous })
      : `✅ Database ${name} restored back to bookmark ${bookmark}
↩️ To undo this operation, you can restore to the previous bookmark: ${previous}`,
  );
}
