import type { Context } from 'hono';
import type { Deps } from '../core/deps.ts';
import type { Principal } from '../core/principal.ts';
import type { Env } from '../env.ts';
import type { Answer, EarlyHeaders } from './answer.ts';

export type ErrorShape = (body: Record<string, unknown>, status: number) => Record<string, unknown>;

export type AppEnv = {
  Bindings: Env;
  Variables: {
    /** Ours, never the client's; in the answer's `X-Request-Id` and in the log line of the request. */
    requestId: string;
    /** The pattern that the path matched, which unlike the path itself holds nothing that a client chose. */
    route?: string;
    /** Who is calling, once that is known. */
    caller?: Principal;
    /** What made the answer a 5xx, from the outside in. */
    causes?: string[];
    /** Wires the rules for this environment; throws while the configuration is wrong. */
    deps: () => Deps;
    /** The body of an error as this route's clients read it. */
    errorShape: ErrorShape;
    /** What is sent beside the answer's own headers, also when the handler fails after it has set it. */
    headers: EarlyHeaders;
    /** Work for after the answer. */
    afterwards: (() => Promise<void>)[];
  };
};

export type AppContext = Context<AppEnv>;

/** Answers a request. */
export type Handler = (c: AppContext) => Promise<Answer>;
