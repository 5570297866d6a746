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

/** A token that ends soon is used up where no other can be had now. */
export function loginProof(login: KeptLogin, renew: Refresher): Proof {
  const bearer = ({ access }: { access: string }): Credential => ['Authorization', `Bearer ${access}`];
  return {
    async current(signal) {
      const tokens = await login.read();
      if (tokens === null) return null;
      if (login.stateOf(tokens) === 'good') return bearer(tokens);
      try {
        return bearer(await abortable(renew(tokens.access), signal));
      } catch (error) {
        const isStillGood = login.stateOf(tokens) !== 'over' && !signal.aborted && !isRefusal(error);
        if (isStillGood) return bearer(tokens);
        throw error;
      }
    },
    next: async ([, refused], signal) =>
      bearer(await abortable(renew(refused.slice('Bearer '.length)), signal)),
  };
}
