import { base64url } from 'jose';

/** The value of a secret that signs refresh tokens from this second on: the form that the commands write. */
export const refreshKeyText = (
  signsFrom: number = 0,
  bytes: Uint8Array = crypto.getRandomValues(new Uint8Array(32)),
): string => `${signsFrom}.${base64url.encode(bytes)}`;

/** The bytes of such a value. */
export const refreshKeyBytes = (text: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(base64url.decode(text.slice(text.indexOf('.') + 1)));
