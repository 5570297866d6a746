import type { Deps } from './core/deps.ts';
import { tidyUp } from './core/housekeeping.ts';
import type { Env } from './env.ts';

/**
 * What the Cron Trigger of `wrangler.toml` runs, and one log line of it.
 * @throws whatever made it fail, so that the platform notes the run as failed.
 */
export async function runScheduled(servicesOf: (env: Env) => Deps, env: Env, now: Date): Promise<void> {
  const removed = await tidyUp(servicesOf(env), now);
  console.log(JSON.stringify({ level: 'info', task: 'housekeeping', removed }));
}
