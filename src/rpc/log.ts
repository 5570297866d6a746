import type { DatabaseUse } from '../core/database-use.ts';
import type { Verdict } from '../verify/caller.ts';

/** One line of JSON for each call, as for a request over HTTP, with nothing in it that the caller sent. */
export function logCall(
  { method, requestId, started }: { method: string; requestId: string; started: number },
  { verdict, causes, use }: { verdict: Verdict; causes: string[] | undefined; use: DatabaseUse },
): void {
  const line = {
    level: causes === undefined ? 'info' : 'error',
    requestId,
    method: 'RPC',
    route: `Accounts.${method}`,
    outcome: verdict.valid ? 'valid' : verdict.reason,
    caller: verdict.valid ? { kind: verdict.provenBy, userId: verdict.userId } : null,
    databaseRoundTrips: use.roundTrips,
    databaseMs: use.milliseconds,
    wallMs: Date.now() - started,
    causes,
  };
  if (causes === undefined) console.log(JSON.stringify(line));
  else console.error(JSON.stringify(line));
}
