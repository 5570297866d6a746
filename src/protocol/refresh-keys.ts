import { isCanonicalBase64url } from './token-form.ts';

/**
 * The number of a secret that signs refresh tokens: 1 for `REFRESH_KEY`, 2 for `REFRESH_KEY_2`, and so on; null for any
 * other name.
 */
export function refreshKeyNumber(name: string): number | null {
  const match = /^REFRESH_KEY(?:_([2-9]|[1-9]\d{1,8}))?$/.exec(name);
  return match === null ? null : Number(match[1] ?? 1);
}

/** The name of the secret with that number. */
export const refreshKeyName = (number: number): string =>
  number === 1 ? 'REFRESH_KEY' : `REFRESH_KEY_${number}`;

/** The `kid` of tokens that the secret with that number signed. */
export const refreshKeyId = (number: number): string => (number === 1 ? 'refresh' : `refresh-${number}`);

/** Whether a `kid` is one of a secret that signs refresh tokens. No key of a JWK set can have it. */
export const isRefreshKeyId = (kid: unknown): boolean =>
  typeof kid === 'string' && /^refresh(-\d+)?$/.test(kid);

/** The text of such a secret: the instant from which it signs, and 32 or more random bytes as base64url. */
export const refreshKeyValue = (signsFromSeconds: number, secret: string): string =>
  `${signsFromSeconds}.${secret}`;

/** The parts of the text of such a secret; null for any other text. The length of the secret is not checked. */
export function parseRefreshKey(text: string): { signsFromSeconds: number; secret: string } | null {
  const [, seconds, secret = ''] = /^(\d{1,10})\.([\w-]+)$/.exec(text) ?? [];
  return seconds === undefined || !isCanonicalBase64url(secret)
    ? null
    : { signsFromSeconds: Number(seconds), secret };
}

/** The instant in the text of such a secret, in Unix seconds; null for any other text. */
export const refreshKeySignsFrom = (text: string): number | null =>
  parseRefreshKey(text)?.signsFromSeconds ?? null;
