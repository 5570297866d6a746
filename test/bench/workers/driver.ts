// Loops requests to the service within its isolate's process, over service bindings: no socket is in between.

import type { AccountsBinding } from '../../../src/verify/caller.ts';
import type { Answer, HttpRequest, Replay, RpcCall, Sent, Task } from '../requests.ts';

type Env = {
  SERVICE: Fetcher;
  ACCOUNTS: AccountsBinding;
  SWITCHES: { set(replay: Replay): Promise<void> };
};

const ORIGIN = 'https://accounts.example.com';

// biome-ignore lint/style/noDefaultExport: the platform finds a Worker's handlers there
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    try {
      return Response.json(await perform(await request.json(), env));
    } catch (error) {
      return new Response(error instanceof Error ? error.message : String(error), { status: 500 });
    }
  },
} satisfies ExportedHandler<Env>;

async function perform(task: Task, env: Env): Promise<Answer | null> {
  switch (task.kind) {
    case 'send': {
      const answer = await send(env, task.request);
      return { status: answer.status, text: await answer.text() };
    }
    case 'replay':
      await env.SWITCHES.set(task.replay);
      return null;
    case 'loop':
      for (let i = 0; i < task.count; i++) await expectAnswer(env, task.sent);
      return null;
  }
}

function send(env: Env, { method, path, headers, body }: Omit<HttpRequest, 'status' | 'contains'>) {
  return env.SERVICE.fetch(ORIGIN + path, { method, headers, ...(body === undefined ? {} : { body }) });
}

/** @throws Error for another answer than the one that the row is about. */
const expectAnswer = (env: Env, sent: Sent): Promise<void> =>
  sent.kind === 'rpc' ? expectVerdict(env, sent) : expectResponse(env, sent);

async function expectResponse(env: Env, sent: HttpRequest): Promise<void> {
  const answer = await send(env, sent);
  const text = await answer.text();
  if (answer.status === sent.status && text.includes(sent.contains)) return;
  throw new Error(`${sent.method} ${sent.path} answered ${answer.status}: ${text}`);
}

async function expectVerdict(env: Env, { headers, username }: RpcCall): Promise<void> {
  const verdict = await env.ACCOUNTS.authenticate(headers);
  if (verdict.valid && verdict.username === username) return;
  throw new Error(`authenticate answered ${JSON.stringify(verdict)}`);
}
