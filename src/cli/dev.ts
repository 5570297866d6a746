// `npm run dev`: wrangler dev on loopback, with the arguments given, and a word on where things are.
// Preparation is prepare.ts, which wrangler runs; here it only learns where the database goes.

import { constants } from 'node:os';
import { stateFolder } from './dev-args.ts';
import { findAdmin, readyNotice } from './dev-notice.ts';
import { stateVariable } from './prepare.ts';
import { exitCode, startWrangler } from './wrangler.ts';

/** The port in wrangler's message that the server is up; null for any other message. */
function readPort(message: unknown): number | null {
  if (typeof message !== 'string' || !message.includes('"DEV_SERVER_READY"')) return null;
  const ready: { port?: unknown } = JSON.parse(message);
  return typeof ready.port === 'number' ? ready.port : null;
}

async function announce(message: unknown): Promise<void> {
  const port = readPort(message);
  if (port === null) return;
  const origin = `http://localhost:${port}`;
  console.log(readyNotice(origin, await findAdmin(origin)));
}

const args = process.argv.slice(2);

const server = startWrangler(['dev', ...args], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env: { [stateVariable]: stateFolder(args) },
});
server.on('message', announce);
let stoppedBy: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | null = null;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stoppedBy = signal;
    server.kill('SIGTERM');
  });
}
const code = await exitCode(server);
process.exitCode = stoppedBy === null ? code : 128 + constants.signals[stoppedBy];
