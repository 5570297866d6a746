import { describe, expect, it } from 'vitest';
import { normaliseAddress } from '../../src/core/addresses.ts';
import { assertSetupAllowed, type RequestOrigin, setupRefusal } from '../../src/core/superuser.ts';

const ANYWHERE_LOCAL = { setupAllowedIp: undefined };
const FORBIDDEN = expect.objectContaining({ code: 'forbidden' });
const PROGRAM: RequestOrigin = { origin: null, fetchSite: null, url: new URL('https://accounts.example/') };
const isAllowed = (deps: { setupAllowedIp: string | undefined }, address: string | null): boolean =>
  setupRefusal(deps, { address, from: PROGRAM }) === null;

describe('the address of a program', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.255.255.254', true],
    ['126.255.255.255', false],
    ['128.0.0.1', false],
    ['10.0.0.0', true],
    ['10.255.255.255', true],
    ['9.255.255.255', false],
    ['11.0.0.0', false],
    ['100.64.0.1', false],
    ['172.15.255.255', false],
    ['172.16.0.0', true],
    ['172.19.0.1', true],
    ['172.20.0.1', true],
    ['172.31.255.255', true],
    ['172.32.0.0', false],
    ['172.1.0.1', false],
    ['192.167.255.255', false],
    ['192.168.0.0', true],
    ['192.168.255.255', true],
    ['192.169.0.0', false],
    ['169.253.255.255', false],
    ['169.254.0.1', true],
    ['169.255.0.0', false],
    ['1.10.0.1', false],
    ['210.0.0.1', false],
    ['8.8.8.8', false],
    ['0.0.0.0', false],
    ['::1', true],
    ['::', false],
    ['::2', false],
    ['::1:1', false],
    ['fbff::1', false],
    ['fc00::1', true],
    ['fd12:3456:789a::1', true],
    ['fdff:ffff::1', true],
    ['fe00::1', false],
    ['fe7f::1', false],
    ['fe80::1', true],
    ['febf::1', true],
    ['fec0::1', false],
    ['fc::1', false],
    ['2001:db8::1', false],
    ['2001:db8::fc00:1', false],
    ['::ffff:10.0.0.1', true],
    ['::ffff:a00:1', true],
    ['::ffff:8.8.8.8', false],
    ['::ffff:808:808', false],
    ['::10.0.0.1', false],
    ['10.0.0.1.evil.example', false],
    ['unknown', false],
  ])('lets %s set up, while no address is configured: %s', (address, allowed) => {
    expect(isAllowed(ANYWHERE_LOCAL, normaliseAddress(address))).toBe(allowed);
  });

  it.each([
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.70', false],
    ['203.0.113.7', '127.0.0.1', false],
    ['203.0.113.7', '::1', false],
    ['203.0.113.7', '::ffff:203.0.113.7', true],
    ['2001:db8::7', '2001:DB8::7', true],
    ['2001:db8::7', '2001:db8::8', false],
  ])(
    'lets only the configured address set up: %s configured, %s calls: %s',
    (setupAllowedIp, address, allowed) => {
      expect(isAllowed({ setupAllowedIp }, normaliseAddress(address))).toBe(allowed);
    },
  );

  it('lets nobody set up whose address is not known', () => {
    expect(isAllowed(ANYWHERE_LOCAL, null)).toBe(false);
    expect(isAllowed({ setupAllowedIp: '203.0.113.7' }, null)).toBe(false);
  });
});

describe('assertSetupAllowed', () => {
  const from = (url: string, origin: string | null, fetchSite: string | null): RequestOrigin => ({
    url: new URL(url),
    origin,
    fetchSite,
  });
  const LOCAL = 'http://localhost:8787/api/accounts/initialize-superuser/';
  const REBOUND = 'http://rebound.evil.example:8787/api/accounts/initialize-superuser/';

  it.each([
    ['a program', true, LOCAL, null, null],
    ['a program, by address', true, 'http://127.0.0.1:8787/', null, null],
    ['a program, by the name of the deployment', true, 'https://accounts.example/', null, null],
    ['our page', true, LOCAL, 'http://localhost:8787', 'same-origin'],
    ['our page in a browser without Fetch Metadata', true, LOCAL, 'http://localhost:8787', null],
    ['our page, by address', true, 'http://127.0.0.1:8787/', 'http://127.0.0.1:8787', 'same-origin'],
    ['our page, by IPv6 address', true, 'http://[::1]:8787/', 'http://[::1]:8787', 'same-origin'],
    ['our page in a home network', true, 'http://nas.local:8787/', 'http://nas.local:8787', 'same-origin'],
    ['our page, by a single label', true, 'http://nas:8787/', 'http://nas:8787', 'same-origin'],
    ['our page in a home.arpa network', true, 'http://nas.home.arpa/', 'http://nas.home.arpa', 'same-origin'],
    ['an address typed by hand', true, LOCAL, null, 'none'],
    ['a page of another site', false, LOCAL, 'https://evil.example', 'cross-site'],
    ['a page of another site, old browser', false, LOCAL, 'https://evil.example', null],
    ['a form that sends no Origin', false, LOCAL, null, 'cross-site'],
    ['a page of another port', false, LOCAL, 'http://localhost:3000', 'same-site'],
    ['a page of another port, old browser', false, LOCAL, 'http://localhost:3000', null],
    ['a page of another scheme', false, LOCAL, 'https://localhost:8787', null],
    ['a page of a sibling domain', false, 'http://nas.local/', 'http://evil.local', 'same-site'],
    ['a sandboxed page or a file', false, LOCAL, 'null', 'cross-site'],
    ['a sandboxed page, old browser', false, LOCAL, 'null', null],
    ['an empty Origin', false, LOCAL, '', null],
    ['an Origin with a path', false, LOCAL, 'http://localhost:8787/', null],
    ['a Fetch Metadata value yet unknown', false, LOCAL, null, 'same-planet'],
    ['a rebound name', false, REBOUND, 'http://rebound.evil.example:8787', 'same-origin'],
    ['a rebound name, old browser', false, REBOUND, 'http://rebound.evil.example:8787', null],
    ['a rebound name in a GET-like request', false, REBOUND, null, 'same-origin'],
    ['a rebound name that looks local', false, 'http://localhost.evil.example/', null, 'same-origin'],
    [
      'a rebound name that looks like an address',
      false,
      'http://127.0.0.1.evil.example/',
      null,
      'same-origin',
    ],
    ['a rebound name with a final dot', false, 'http://evil.local.example./', null, 'same-origin'],
  ])('judges %s: %s', (_, allowed, url, origin, fetchSite) => {
    const attempt = () =>
      assertSetupAllowed(ANYWHERE_LOCAL, { address: '127.0.0.1', from: from(url, origin, fetchSite) });
    if (allowed) expect(attempt).not.toThrow();
    else expect(attempt).toThrow(FORBIDDEN);
  });

  it('lets the page of a deployment set up from the configured address, under its public name', () => {
    const deps = { setupAllowedIp: '203.0.113.7' };
    const page = from('https://accounts.example/', 'https://accounts.example', 'same-origin');
    expect(() => assertSetupAllowed(deps, { address: '203.0.113.7', from: page })).not.toThrow();
    expect(() => assertSetupAllowed(deps, { address: '203.0.113.8', from: page })).toThrow(FORBIDDEN);
    const foreign = from('https://accounts.example/', 'https://evil.example', 'cross-site');
    expect(() => assertSetupAllowed(deps, { address: '203.0.113.7', from: foreign })).toThrow(FORBIDDEN);
  });

  it('lets nothing about the page make up for the wrong address', () => {
    const page = from(LOCAL, 'http://localhost:8787', 'same-origin');
    for (const address of ['203.0.113.7', null]) {
      expect(() => assertSetupAllowed(ANYWHERE_LOCAL, { address, from: page })).toThrow(FORBIDDEN);
    }
  });
});
