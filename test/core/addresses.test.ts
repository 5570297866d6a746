import { describe, expect, it } from 'vitest';
import { networkOf, normaliseAddress } from '../../src/core/addresses.ts';

describe('networkOf', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::7', '2001:db8:1:2::/64'],
    ['2001:db8::7', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::7', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(normaliseAddress(address))).toBe(network);
  });
});

describe('normaliseAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    [' 192.0.2.1\t', '192.0.2.1'],
    ['2001:DB8::A', '2001:db8::a'],
    ['::1', '::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['::ffff:C000:0201', '192.0.2.1'],
    ['::ffff:7f00:1', '127.0.0.1'],
    ['::ffff:0:0', '0.0.0.0'],
    ['::ffff:ffff:ffff', '255.255.255.255'],
  ])('writes %s as %s', (text, address) => {
    expect(normaliseAddress(text)).toBe(address);
  });

  it.each([
    ['2001:0DB8:0000:0000:0000:0000:0000:0007', '2001:db8::7'],
    ['2001:db8:0:0:1:0:0:7', '2001:db8::1:0:0:7'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ])('writes IPv6 as RFC 5952 does: %s as %s', (text, address) => {
    expect(normaliseAddress(text)).toBe(address);
  });

  it.each([
    ['an IPv4-compatible address', '::192.0.2.1'],
    ['a mapped address behind another prefix', '64:ff9b::192.0.2.1'],
    ['a prefix that only begins like a mapped one', '::ffff:c000:201:1'],
    ['a longer address that ends like a mapped one', '2001:db8::ffff:192.0.2.1'],
  ])('takes %s for no IPv4 address', (_, text) => {
    expect(normaliseAddress(text)).toMatch(/:/);
  });

  it.each([
    [null],
    [''],
    ['  '],
    ['\t\n'],
    ['localhost'],
    ['203.0.113'],
    ['203.0.113.256'],
    ['203.0.113.7.'],
    ['203.0.113.07'],
    ['203.0.113.7:80'],
    ['203.0.113.7, 10.0.0.1'],
    ['10.0.0.1.evil.example'],
    ['0x7f000001'],
    ['2130706433'],
    [':::'],
    ['[::1]'],
    ['::1]'],
    ['::1]/@['],
    ['fe80::1%eth0'],
    ['::ffff:203.0.113.256'],
    ['2001:db8::7/64'],
    ['1:2:3:4:5:6:7:8:9'],
  ])('finds none in %j', (text) => {
    expect(normaliseAddress(text)).toBeNull();
  });
});
