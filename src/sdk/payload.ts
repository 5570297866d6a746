/** From `iat` to `exp` (RFC 7519 section 4.1), both of the server's clock; endless where a token does not tell. */
export function lifetimeMs(token: string): number {
  const { exp, iat } = payloadOf(token);
  return typeof exp === 'number' && typeof iat === 'number' ? (exp - iat) * 1000 : Number.POSITIVE_INFINITY;
}

/** Whether both are of one user, as far as they tell; SimpleJWT has made ids numbers and texts. */
export const haveSameUser = (token: string, other: string): boolean =>
  String(payloadOf(token)['user_id']) === String(payloadOf(other)['user_id']);

function payloadOf(token: string): Json {
  const encoded = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  return objectIn(encoded, atob);
}

type Json = Partial<Record<string, unknown>>;

/** The members of an object in JSON; none of anything else. */
export function objectIn(text: string | null | undefined, decode = (encoded: string) => encoded): Json {
  try {
    const value: unknown = JSON.parse(decode(text ?? ''));
    return typeof value === 'object' ? { ...value } : {};
  } catch {
    return {};
  }
}
