import { WorkerEntrypoint } from 'cloudflare:workers';
import { touchOf } from '../core/api-keys.ts';
import { authenticate, type Credential, credentialOf, credentialOfText } from '../core/credentials.ts';
import type { DatabaseUse } from '../core/database-use.ts';
import type { Deps } from '../core/deps.ts';
import type { Principal } from '../core/principal.ts';
import type { Env } from '../env.ts';
import { causesOf } from '../http/errors.ts';
import { orLogged } from '../http/log.ts';
import type { Measured } from '../http/request.ts';
import type { AccountsBinding, HeadersLike, Verdict } from '../verify/caller.ts';
import { credentialHeadersOf, isCredentialText } from '../verify/headers.ts';
import { logCall } from './log.ts';
import { causesIn, type Judged, verdictOn } from './verdicts.ts';

/**
 * What other Workers of the account may call over a service binding, and nothing else: two methods that never throw,
 * since a caller that cannot tell a refusal from a failure may let someone in. One round trip, none for what cannot
 * be genuine.
 */
export const accountsEntrypoint = (servicesOf: (env: Env) => Deps, measured: Measured) =>
  class extends WorkerEntrypoint<Env> implements AccountsBinding {
    authenticate(headers: HeadersLike): Promise<Verdict> {
      const found = credentialHeadersOf(headers);
      return this.#answer('authenticate', found === null ? null : credentialOf(found));
    }

    verify(credential: string): Promise<Verdict> {
      return this.#answer('verify', isCredentialText(credential) ? credentialOfText(credential) : null);
    }

    // TypeScript's `private` would be callable from outside.
    async #answer(method: keyof AccountsBinding, credential: Credential | null): Promise<Verdict> {
      const [requestId, now] = [crypto.randomUUID(), new Date()];
      const use: DatabaseUse = { roundTrips: 0, milliseconds: 0 };
      const judged = await measured(use, () => this.#judge(credential, { requestId, now }));
      const verdict = verdictOn(judged);
      logCall({ method, requestId, started: now.getTime() }, { verdict, causes: causesIn(judged), use });
      if (judged.valid) this.#noteUse(judged.principal, now);
      return verdict;
    }

    async #judge(
      credential: Credential | null,
      { requestId, now }: { requestId: string; now: Date },
    ): Promise<Judged> {
      if (credential === null) return { valid: false, reason: 'malformed' };
      try {
        const from = { requestId, address: null, country: null };
        const deps = servicesOf(this.env);
        return await authenticate(deps, { credential, callers: deps.callers, from, now });
      } catch (error) {
        return { valid: false, reason: 'unavailable', causes: causesOf(error) };
      }
    }

    #noteUse({ proof, from }: Principal, now: Date): void {
      const touch = touchOf(servicesOf(this.env), { proof, now });
      if (touch !== null) this.ctx.waitUntil(orLogged(touch, from.requestId));
    }
  };
