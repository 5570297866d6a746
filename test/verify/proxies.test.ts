import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';

/** What the README tells reverse proxies to send on, and what applications may take for it. */
let readme: string;
beforeAll(async () => {
  readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
});

const TOLD = ['X-Auth-User-Id', 'X-Auth-Username', 'X-Auth-Level', 'X-Auth-Permissions'];

/** The other names that CGI, WSGI and PHP read as this one. */
function mixesOf(header: string): string[] {
  const [first = '', ...rest] = header.split('-');
  const all = rest.reduce(
    (names, part) => names.flatMap((name) => [`${name}-${part}`, `${name}_${part}`]),
    [first],
  );
  return all.filter((name) => name !== header);
}

const blockOf = (language: string): string =>
  new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(
    readme.split('**Reverse proxies** ask')[1] ?? '',
  )?.[1] ?? '';

const tableOf = (): string[] =>
  [...readme.matchAll(/^\| `(X-Auth-[\w-]+)` \|/gm)].map(([, name = '']) => name);

describe('a name that an application reads as one of ours reaches it from no client', () => {
  it('of the headers that the README tells', () => {
    expect(tableOf()).toEqual(TOLD);
    expect(TOLD.flatMap(mixesOf)).toHaveLength(16);
  });

  it('through Caddy, which removes it before it asks', () => {
    const [before = '', after = ''] = blockOf('caddyfile').split('forward_auth');
    const removedBy = (text: string) =>
      [...text.matchAll(/^\s*request_header -(\S+)$/gm)].map(([, pattern = '']) => pattern.toLowerCase());
    const isRemoved = (name: string, patterns: string[]) =>
      patterns.some((pattern) =>
        pattern.endsWith('*')
          ? name.toLowerCase().startsWith(pattern.slice(0, -1))
          : name.toLowerCase() === pattern,
      );
    const names = [...TOLD, ...TOLD.flatMap(mixesOf)];
    expect(names.filter((name) => !isRemoved(name, removedBy(before)))).toEqual([]);
    const credentials = ['Authorization', 'X-API-Key', ...mixesOf('X-API-Key')];
    expect(credentials.filter((name) => !isRemoved(name, removedBy(after)))).toEqual([]);
    expect(isRemoved('X-API-Key', removedBy(before))).toBe(false);
  });

  it('through Traefik, which removes it by its name', () => {
    const emptied = [...blockOf('yaml').matchAll(/([\w-]+): ""/g)].map(([, name = '']) => name);
    const expected = [...TOLD, 'X-API-Key'].flatMap(mixesOf);
    expect(emptied.sort()).toEqual([...expected, 'Authorization', 'X-API-Key'].sort());
  });

  it('through nginx, which drops names with an underscore unless it is told not to', () => {
    expect(blockOf('nginx')).not.toContain('underscores_in_headers');
    expect(blockOf('nginx')).not.toContain('ignore_invalid_headers');
  });
});
