import { createApp } from './app.ts';
import type { Env } from './env.ts';
import { runScheduled } from './scheduled.ts';
import { measured, servicesOf } from './services.ts';

const app = createApp(servicesOf, measured);

export default {
  fetch: app.fetch,
  scheduled: ({ scheduledTime }, env) => runScheduled(servicesOf, env, new Date(scheduledTime)),
} satisfies ExportedHandler<Env>;
