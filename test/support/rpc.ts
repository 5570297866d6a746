import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import type { Env } from '../../src/env.ts';
import { accountsEntrypoint } from '../../src/rpc/accounts.ts';
import { measured, servicesOf } from '../../src/services.ts';
import type { Verdict } from '../../src/verify/caller.ts';
import { env } from './env.ts';

const Accounts = accountsEntrypoint(servicesOf, measured);

/** Calls the entrypoint in this isolate, with whatever argument, and waits for what it does after the answer. */
async function ask(method: 'authenticate' | 'verify', given: unknown, bindings: Env): Promise<Verdict> {
  const context = createExecutionContext();
  const entrypoint = new Accounts(context, bindings);
  const verdict = await entrypoint[method](given as never);
  await waitOnExecutionContext(context);
  return verdict;
}

export const authenticate = (headers: unknown, bindings: Env = env): Promise<Verdict> =>
  ask('authenticate', headers, bindings);

export const verify = (credential: unknown, bindings: Env = env): Promise<Verdict> =>
  ask('verify', credential, bindings);

/** What can be called from outside: members of the prototypes, up to the platform's own. */
export function callable(): string[] {
  const names: string[] = [];
  for (let at = Accounts.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    names.push(...Object.getOwnPropertyNames(at));
  }
  return [...new Set(names)].filter((name) => name !== 'constructor').sort();
}
