import { createScheduledController } from 'cloudflare:test';
import { expect, it } from 'vitest';
import worker from '../../src/index.ts';
import { envWith } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { broken } from '../support/intercepted-database.ts';
import { person, signIn } from '../support/people.ts';
import { tokensOfExpiredSession } from '../support/wire-tokens.ts';

const lines = keepConsoleLines();

async function run(bindings: typeof env): Promise<void> {
  await worker.scheduled(createScheduledController({ scheduledTime: new Date() }), bindings);
}

it('the Cron Trigger removes expired logins, leaves live ones, and logs one line', async () => {
  const who = await person();
  await signIn(who);
  await tokensOfExpiredSession(who);
  lines.length = 0;
  await run(env);
  const rows = await env.DB.prepare('select count(*) as n from sessions where user_id = ?')
    .bind(who.id)
    .first('n');
  expect(rows).toBe(1);
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'info',
    task: 'housekeeping',
    removed: {
      sessions: expect.any(Number),
      loginAttempts: expect.any(Number),
      knownNetworks: 0,
      auditEvents: 0,
    },
  });
});

it('the run fails, for the platform to see, when the database does not answer, and its line tells why', async () => {
  lines.length = 0;
  await expect(run(envWith({ DB: broken(env.DB) }) as typeof env)).rejects.toThrow('did not answer');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'error',
    task: 'housekeeping',
    removed: { sessions: 0 },
    causes: expect.arrayContaining(['Error: D1_ERROR: Network connection lost.']),
  });
});

it('the run fails, and its line tells why, while the configuration is wrong', async () => {
  lines.length = 0;
  await expect(run(envWith({ CORS_ORIGINS: 'nonsense' }) as typeof env)).rejects.toThrow('not configured');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'error',
    task: 'housekeeping',
    causes: expect.arrayContaining([expect.stringContaining('CORS_ORIGINS')]),
  });
});
