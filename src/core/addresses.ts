const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/**
 * One spelling for each network address, so that rules compare like with like: IPv6 as RFC 5952 writes it, and
 * an IPv4 address mapped into IPv6 (RFC 4291 section 2.5.5.2) as the IPv4 address it is.
 * @returns null for what is no address.
 */
export function normaliseAddress(text: string | null): string | null {
  const address = text?.trim().toLowerCase() ?? '';
  if (IPV4.test(address)) return address;
  if (!/^[\da-f:.]*:[\da-f:.]*$/.test(address) || !URL.canParse(`http://[${address}]`)) return null;
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ?? [];
  return high === undefined || low === undefined ? canonical : toIpv4(high, low);
}

function toIpv4(high: string, low: string): string {
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [first >> 8, first & 255, second >> 8, second & 255].join('.');
}

/**
 * What Cloudflare tells of a request that a Worker of another zone sent on: one address for the Workers of all its
 * customers, behind which anyone may be.
 */
const WORKERS_NETWORK = '2a06:98c0:3600:0::/64';

/**
 * The network that counts as one client: an IPv4 address itself, of an IPv6 address its /64, since that is what one
 * household or host is given (RFC 6177, RFC 4291 section 2.5.4). Takes what `normaliseAddress` returns.
 * @returns null where the address tells nobody apart.
 */
export function networkOf(address: string | null): string | null {
  if (address === null || !address.includes(':')) return address;
  const network = firstHalfOf(address);
  return network === WORKERS_NETWORK ? null : network;
}

function firstHalfOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros: string[] = Array(tail === undefined ? 0 : 8 - before.length - after.length).fill('0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}

/** Loopback, link-local and private ranges (RFC 1918, RFC 3927, RFC 4193, RFC 4291). */
const PRIVATE_IPV4 = /^(10|127|172\.(1[6-9]|2\d|3[01])|192\.168|169\.254)\.[\d.]+$/;
const PRIVATE_IPV6 = /^(::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/;

/** Whether only machines on the same host or network have this address. */
export const isPrivateAddress = (address: string): boolean =>
  PRIVATE_IPV4.test(address) || PRIVATE_IPV6.test(address);
