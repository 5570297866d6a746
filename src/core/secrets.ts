const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A value that must not reach a log or an answer: printing or serialising it shows only a placeholder. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The only way to the value; each call of it is a place to look at in a review. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }
}

const encoder = new TextEncoder();

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(encoder.encode(text));

export const randomBytes = (length: number): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(length));

/** An identifier with 128 random bits, as 32 lower-case hexadecimal characters. */
export const randomId = (): string => hex(randomBytes(16));

/** Digit by digit: with a list of texts to join, this took longer than the digest that it writes out. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX.charAt(byte >> 4) + HEX.charAt(byte & 15);
  return text;
}

const HEX = '0123456789abcdef';

/** SHA-256 of the UTF-8 bytes of `text`, as 64 hexadecimal characters. */
export const sha256Hex = async (text: string): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text))));

/** HMAC-SHA-256 of the UTF-8 bytes of `text`, as 64 hexadecimal characters: a digest that needs a key to guess at. */
export const hmacHex = async (key: CryptoKey, text: string): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(text))));

/** `value` in base 62 (digits, upper case, lower case), padded with zeros to `length` characters. */
export function base62(value: bigint, length: number): string {
  let rest = value;
  let text = '';
  while (rest > 0n) {
    text = BASE62.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text.padStart(length, '0');
}

/** CRC-32 (ISO 3309) of an ASCII text, as an unsigned number: finds typing errors, protects nothing. */
export function crc32(ascii: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < ascii.length; i++) {
    crc ^= ascii.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Compares in a time that depends on the lengths only. */
export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b);
