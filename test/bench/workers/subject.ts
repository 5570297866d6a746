// What is measured: the deployed bundle and, in the same isolate, the floors; both with the same replayed D1.

import { WorkerEntrypoint } from 'cloudflare:workers';
import type { Env } from '../../../src/env.ts';
import type { Replay } from '../requests.ts';
import service, { Accounts as DeployedAccounts } from './deployed.js';
import { floors } from './floors.ts';
import { type Recording, replayedDatabase } from './replayed-database.ts';
import { recordHashes, replayHashes } from './replayed-hashes.ts';

type SubjectEnv = Env & { JWT_KEYS: string };

const recording: Recording = { isRecording: true, answers: new Map(), unknown: [] };
// A line goes to Workers Logs there, and to this terminal here, where writing it would cost more than the request.
console.log = () => {};

const replayed = new WeakMap<Env, SubjectEnv>();

/** One for each environment object, as the service keeps what it has wired. */
function envOf(env: SubjectEnv): SubjectEnv {
  const known = replayed.get(env);
  if (known !== undefined) return known;
  const made = {
    ...env,
    DB: replayedDatabase(env.DB, recording),
    LOGINS_PER_NETWORK: FREE,
    LOGINS_PER_NETWORK_AND_NAME: FREE,
  };
  replayed.set(env, made);
  return made;
}

/** Cloudflare's counter, which is another machine's work. */
const FREE = { limit: async () => ({ success: true }) };

// biome-ignore lint/style/noDefaultExport: the platform finds a Worker's handlers there
export default {
  fetch(request: Request, env: SubjectEnv, context: ExecutionContext) {
    const isFloor = new URL(request.url).pathname.startsWith('/floor/');
    return (isFloor ? floors : service).fetch(request, envOf(env), context);
  },
};

export class Accounts extends DeployedAccounts {
  constructor(context: ExecutionContext, env: SubjectEnv) {
    super(context, envOf(env));
  }
}

export class Switches extends WorkerEntrypoint {
  /** @throws Error when something was asked, after an answer perhaps, that was not recorded. */
  async set({ database, hashes }: Replay): Promise<void> {
    if (recording.unknown.length > 0) throw new Error(`not recorded: ${recording.unknown[0]}`);
    recording.isRecording = database === 'recorded';
    if (recording.isRecording) recording.answers.clear();
    if (hashes === 'replayed') replayHashes();
    else recordHashes();
  }
}
