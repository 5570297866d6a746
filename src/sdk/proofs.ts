import { abortable } from './aborting.ts';
import type { KeptLogin } from './login.ts';
import type { Refresher } from './refreshing.ts';
import type { Credential } from './sending.ts';
import { isRefusal } from './service.ts';

/** What proves who is calling. */
export type Proof = {
  current(signal: AbortSignal): Promise<Credential | null>;
  /** Another one in place of what was refused; missing where there can be none. */
  next?(refused: Credential, signal: AbortSignal): Promise<Credential>;
};

export const keyProof = (key: string): Proof => ({ current: async () => ['X-API-Key', key] });

/** The longest that a request waits for a new token while the one it has is good. */
const PATIENCE_MS = 5_000;

/** A token that ends soon is used up where no other can be had, well before that end. */
export function loginProof(login: KeptLogin, renew: Refresher): Proof {
  const bearer = ({ access }: { access: string }): Credential => ['Authorization', `Bearer ${access}`];
  return {
    async current(signal) {
      const tokens = await abortable(login.read(), signal);
      if (tokens === null) return null;
      const { ms, isShort } = login.timeLeft(tokens);
      if (!isShort) return bearer(tokens);
      const renewed = abortable(renew(tokens.access), signal);
      if (ms <= 0) return bearer(await renewed);
      try {
        return bearer(await abortable(renewed, AbortSignal.timeout(Math.min(PATIENCE_MS, ms / 2))));
      } catch (error) {
        const isStillGood = login.timeLeft(tokens).ms > 0 && !signal.aborted && !isRefusal(error);
        if (isStillGood) return bearer(tokens);
        throw error;
      }
    },
    next: async ([, refused], signal) =>
      bearer(await abortable(renew(refused.slice('Bearer '.length)), signal)),
  };
}
