import { credentialHeadersOf, isCredentialText, partsOf } from './headers.ts';

/** What was offered as proof: a token, an API key, nothing, or something that cannot be read. */
export type Offered = { kind: 'token'; token: string } | { kind: 'key' | 'none' | 'malformed' };

/** Reads a credential, or headers by the rules of the service: a Bearer decides, else any API key. */
export function offeredBy(given: unknown): Offered {
  if (typeof given === 'string')
    return isCredentialText(given) ? offeredByText(given) : { kind: 'malformed' };
  const headers = credentialHeadersOf(given);
  if (headers === null) return { kind: 'malformed' };
  const [scheme, ...values] = partsOf(headers.authorization);
  const [value] = values;
  const oneValue = values.length === 1 && value !== undefined;
  if (scheme?.toLowerCase() === 'bearer') {
    return oneValue ? { kind: 'token', token: value } : { kind: 'malformed' };
  }
  const hasKey = partsOf(headers.apiKey).length > 0 || (scheme?.toLowerCase() === 'apikey' && oneValue);
  return { kind: hasKey ? 'key' : 'none' };
}

function offeredByText(text: string): Offered {
  if (text === '') return { kind: 'none' };
  return text.startsWith('dsp_') ? { kind: 'key' } : { kind: 'token', token: text };
}
