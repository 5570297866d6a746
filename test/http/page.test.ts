import { describe, expect, it } from 'vitest';
import { call, envWith, get, post } from '../support/api.ts';

describe('the page', () => {
  it('loads nothing but a script and a style of its own origin, named by their content', async () => {
    const { status, headers, text } = await get('/');
    expect([status, headers.get('Content-Type')]).toEqual([200, 'text/html; charset=UTF-8']);
    const addresses = [...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses).toEqual([
      '/favicon.ico',
      expect.stringMatching(/^\/assets\/page\/style-[A-Z0-9]{8}\.css$/),
      expect.stringMatching(/^\/assets\/page\/main-[A-Z0-9]{8}\.js$/),
    ]);
    expect([...text.matchAll(/<script[^>]*>([^<]*)/g)].map(([, inline]) => inline)).toEqual(['']);
    expect(text).not.toMatch(/ (style|on\w+)=/);
  });

  it('has a policy that names its own origin alone, and takes no markup from a script', async () => {
    const { headers } = await get('/');
    const policy = headers.get('Content-Security-Policy') ?? '';
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]),
    );
    expect(policy).not.toMatch(/unsafe|data:|\*|http/);
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(headers.get('Cache-Control')).toBe('no-cache');
  });

  it('is there while the service is not configured', async () => {
    expect((await get('/', { env: envWith({ JWT_KEYS: '', CORS_ORIGINS: 'nonsense' }) })).status).toBe(200);
  });

  it('takes HEAD, and no other method', async () => {
    expect((await call('HEAD', '/')).status).toBe(200);
    expect((await post('/', {})).status).toBe(405);
  });
});
