import type { Context } from 'hono';
import type { Deps } from '../core/deps.ts';
import type { Env } from '../env.ts';

export type AppEnv = {
  Bindings: Env;
  Variables: {
    /** Ours, never the client's; in the answer's `X-Request-Id` and in every log line of the request. */
    requestId: string;
    /** Wires the rules for this environment; throws while the configuration is wrong. */
    deps: () => Deps;
    /** The body of an error as this route's clients read it. */
    errorShape: (body: Record<string, unknown>) => Record<string, unknown>;
    /** Work for after the answer. */
    afterwards: (() => Promise<void>)[];
  };
};

export type AppContext = Context<AppEnv>;
