import type { Result } from 'hono/router';
import { describe, expect, it } from 'vitest';
import { KnownPathsRouter } from '../../src/http/known-paths-router.ts';

/** As the app has them: a path beside a pattern that takes it in, and the root. */
function routerOf(...paths: string[]): KnownPathsRouter<string> {
  const router = new KnownPathsRouter<string>();
  for (const path of paths) router.add('ALL', path, path);
  return router;
}

const router = routerOf('/users/me/', '/users/:id/', '/users/:id/keys/', '/');

const handlers = ([found]: Result<string>): string[] => found.map(([handler]) => handler);
const parameters = ([found]: Result<string>): unknown[] => found.map(([, params]) => ({ ...params }));

describe('the router', () => {
  it.each([
    ['/users/me/', ['/users/me/'], [{}]],
    ['/users/7/', ['/users/:id/'], [{ id: '7' }]],
    ['/', ['/'], [{}]],
    ['/users//', [], []],
    ['/users/7/keys/', ['/users/:id/keys/'], [{ id: '7' }]],
    ['/users/7/8/', [], []],
    ['/users/', [], []],
    ['/users/keys/', ['/users/:id/'], [{ id: 'keys' }]],
    ['/users/7', [], []],
    ['/Users/me/', [], []],
    ['/__proto__/', [], []],
    ['/users/__proto__/', ['/users/:id/'], [{ id: '__proto__' }]],
    ['/users/:id/', ['/users/:id/'], [{ id: ':id' }]],
    [`/${'a'.repeat(16_000)}/`, [], []],
  ])('finds for %.20s the same at first and from then on, by every method', (path, found, params) => {
    for (const method of ['GET', 'GET', 'HEAD', 'PURGE']) {
      const result = router.match(method, path);
      expect(handlers(result), method).toEqual(found);
      expect(parameters(result), method).toEqual(params);
    }
  });

  it('makes one result for a path of ours', () => {
    expect(router.match('GET', '/users/me/')).toBe(router.match('POST', '/users/me/'));
  });

  it.each(['/users/7/', '/users/:id/', '/nothing/', '/*', '/users/me', '/__proto__/', 'constructor'])(
    'keeps nothing of %s, of which clients may send as many as they like',
    (path) => {
      expect(router.match('GET', path)).not.toBe(router.match('GET', path));
    },
  );

  it.each(['/users/:id/keys/:key/', '/users/:id', '/users/:id.json/'])('takes no %s', (path) => {
    expect(() => routerOf(path)).toThrow(`${path} has more than one parameter, or one that is no segment`);
  });

  it.each([
    [['/users/', '/users/'], '/users/ is there already'],
    [['/users/:id/', '/users/:name/'], '/users/:name/ is there already'],
    [['/*'], '/* is a pattern that is not known here'],
    [['/api/*'], '/api/* is a pattern that is not known here'],
  ])('refuses %j, of which something would never run', (paths, problem) => {
    expect(() => routerOf(...paths)).toThrow(problem);
  });

  it('takes no handler for one method, since what it keeps is for all', () => {
    expect(() => routerOf().add('GET', '/users/', 'x')).toThrow('/users/ has to be added for all methods');
  });
});
