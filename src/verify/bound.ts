import type { AccountsBinding, HeadersLike, Verdict } from './caller.ts';
import { credentialHeadersOf, isCredentialText } from './headers.ts';

/** Asks the service. Of the headers only those two leave that can hold a credential. */
export function createBoundJudge(binding: AccountsBinding): (given: unknown) => Promise<Verdict> {
  return async (given) => {
    const ask = askWith(binding, given);
    if (ask === null) return { valid: false, reason: 'malformed' };
    try {
      return await ask();
    } catch {
      // The call itself failed: the service was replaced, overloaded or is not there.
      return { valid: false, reason: 'unavailable' };
    }
  };
}

/** Null for what need not be asked, and might be too large to send. */
function askWith(binding: AccountsBinding, given: unknown): (() => PromiseLike<Verdict>) | null {
  if (typeof given === 'string') return isCredentialText(given) ? () => binding.verify(given) : null;
  const headers = credentialHeadersOf(given);
  return headers === null ? null : () => binding.authenticate(sendable(headers));
}

const sendable = ({
  authorization,
  apiKey,
}: {
  authorization: string | null;
  apiKey: string | null;
}): HeadersLike => ({
  ...(authorization === null ? {} : { authorization }),
  ...(apiKey === null ? {} : { 'x-api-key': apiKey }),
});
