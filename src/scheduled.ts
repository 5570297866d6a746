import type { Deps } from './core/deps.ts';
import { type Tidied, tidyUp } from './core/housekeeping.ts';
import type { Env } from './env.ts';
import { causesOf } from './http/errors.ts';

/**
 * What the Cron Trigger of `wrangler.toml` runs, and one log line of it, whatever came of it.
 * @throws whatever made it fail, so that the platform notes the run as failed.
 */
export async function runScheduled(servicesOf: (env: Env) => Deps, env: Env, now: Date): Promise<void> {
  const { removed, failures } = await tidied(servicesOf, env, now);
  const line = { task: 'housekeeping', removed };
  if (failures.length === 0) {
    console.log(JSON.stringify({ level: 'info', ...line }));
    return;
  }
  console.error(JSON.stringify({ level: 'error', ...line, causes: failures.flatMap(causesOf) }));
  throw failures[0];
}

/** While the configuration is wrong nothing is removed. */
async function tidied(
  servicesOf: (env: Env) => Deps,
  env: Env,
  now: Date,
): Promise<Partial<Tidied> & Pick<Tidied, 'failures'>> {
  try {
    return await tidyUp(servicesOf(env), now);
  } catch (failure) {
    return { failures: [failure] };
  }
}
