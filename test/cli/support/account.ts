import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { projectRoot } from './checkout.ts';
import type { StoredDatabase, StoredWorker } from './stub-wrangler/account.ts';

/** A Cloudflare account that is not there: what wrangler would do to it is done in a folder instead. */
export type StubAccount = {
  /** For the environment of a script, whose wrangler is then the stub. */
  env: Record<string, string>;
  databases: () => StoredDatabase[];
  workers: () => Record<string, StoredWorker>;
  /** The command lines that wrangler was given, each as one text. */
  calls: () => string[];
  /** Opens the content of a database; the caller closes it. @throws when there is none of that name. */
  open: (name: string) => DatabaseSync;
  remove: () => Promise<void>;
};

const STUB = new URL('stub-wrangler/main.ts', import.meta.url).pathname;

/**
 * An account with nothing in it. `EDGE_ACCOUNTS_STUB_FAILS`, set beside `env` to `before` or `after` and a command
 * (`after d1 create`), makes that command fail with nothing or with everything done.
 */
export async function emptyAccount(): Promise<StubAccount> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-accounts-stub-'));
  const file = join(folder, 'account.json');
  const read = () =>
    existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { databases: [], workers: {} };
  const log = join(folder, 'calls.jsonl');
  const databases = (): StoredDatabase[] => read().databases;
  return {
    env: {
      EDGE_ACCOUNTS_WRANGLER: STUB,
      EDGE_ACCOUNTS_STUB_ACCOUNT: folder,
      NO_COLOR: '1',
      // Half of what a call takes is reading wrangler itself.
      NODE_COMPILE_CACHE: join(projectRoot, '.wrangler', 'compiled'),
    },
    databases,
    workers: () => read().workers,
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []).map(asText),
    open: (name) => {
      const found = databases().find((database) => database.name === name);
      if (found === undefined) throw new Error(`the account has no database ${name}`);
      return new DatabaseSync(join(folder, `${found.uuid}.sqlite`));
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

const asText = (line: string): string => JSON.parse(line).join(' ');
