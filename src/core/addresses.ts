/**
 * One spelling for each network address, so that rules compare like with like: lower case, no blanks, and an
 * IPv4 address mapped into IPv6 (RFC 4291 section 2.5.5.2) as the IPv4 address it is.
 * @returns null for no address.
 */
export function normaliseAddress(text: string | null): string | null {
  const address = text?.trim().toLowerCase();
  if (!address) return null;
  const dotted = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [first >> 8, first & 255, second >> 8, second & 255].join('.');
}
