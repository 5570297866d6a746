import type { DatabaseUse } from '../core/database-use.ts';
import { logLine } from '../http/log.ts';
import type { Verdict } from '../verify/caller.ts';

/** One line for each call, with nothing in it that the caller sent. */
export function logCall(
  { method, requestId, started }: { method: string; requestId: string; started: number },
  { verdict, causes, use }: { verdict: Verdict; causes: string[] | undefined; use: DatabaseUse },
): void {
  logLine({
    requestId,
    method: 'RPC',
    route: `Accounts.${method}`,
    result: ['outcome', verdict.valid ? 'valid' : verdict.reason],
    caller: verdict.valid ? { kind: verdict.provenBy, userId: verdict.userId } : null,
    use,
    started,
    causes,
  });
}
