import type { Account } from './account.ts';
import type { Call } from './arguments.ts';
import { createDatabase, executeSql, listDatabases, migrate } from './d1.ts';
import { exportDatabase } from './export.ts';
import { tellBookmark, travel } from './time-travel.ts';
import { deleteSecret, deploy, listSecrets, putSecret, rehearse } from './workers.ts';

/** What the stub can do; any other command fails. */
export const commands: Record<string, (account: Account, call: Call) => void | Promise<void>> = {
  'd1 create': createDatabase,
  'd1 list': listDatabases,
  'd1 execute': executeSql,
  'd1 migrations apply': migrate,
  'd1 export': exportDatabase,
  'd1 time-travel info': tellBookmark,
  'd1 time-travel restore': travel,
  'secret list': listSecrets,
  'secret put': putSecret,
  'secret delete': deleteSecret,
  deploy,
  'deploy --dry-run': rehearse,
};
