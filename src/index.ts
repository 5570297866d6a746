import { createApp } from './app.ts';
import type { Env } from './env.ts';
import { accountsEntrypoint } from './rpc/accounts.ts';
import { runScheduled } from './scheduled.ts';
import { measured, servicesOf } from './services.ts';

const app = createApp(servicesOf, measured);

/** For service bindings of other Workers: `entrypoint = "Accounts"`. */
export class Accounts extends accountsEntrypoint(servicesOf, measured) {}

export default {
  fetch: app.fetch,
  scheduled: ({ scheduledTime }, env) => runScheduled(servicesOf, env, new Date(scheduledTime)),
} satisfies ExportedHandler<Env>;
