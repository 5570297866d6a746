import { describe, expect, it } from 'vitest';
import { Answer, json } from '../../src/http/answer.ts';
import type { Handler } from '../../src/http/context.ts';
import { createServing } from '../../src/http/request.ts';
import { createRouter, mount } from '../../src/http/router.ts';
import { measured, servicesOf } from '../../src/services.ts';
import { send } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';

const lines = keepConsoleLines();

/** What a client gets of a handler, and what was logged meanwhile. */
async function served(serve: Handler) {
  const app = createRouter();
  const mounted = { config: { method: 'get', path: '/' }, serve } as const;
  mount(app, [mounted], createServing(servicesOf, measured));
  const response = await send(new Request('https://accounts.example.com/'), env, app);
  const logged = lines.splice(0).map((line): Record<string, unknown> => JSON.parse(line));
  return { response, text: await response.text(), logged };
}

const id = ({ headers }: Response) => headers.get('X-Request-Id');

describe('a handler', () => {
  it.each<[string, Handler, RegExp]>([
    [
      'fails with what is no Error',
      async () => {
        throw 'a secret';
      },
      /^what was thrown is no Error but of the type string$/,
    ],
    ['says what no header can hold', async () => json({}, 200, { Location: 'a secret\nb' }), /^TypeError: /],
  ])('that %s is answered as a fault of ours', async (_, handle, cause) => {
    const { response, text, logged } = await served(handle);
    const detail = { detail: 'Internal server error.', request_id: id(response) };
    expect([response.status, JSON.parse(text)]).toEqual([500, detail]);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    const causes = [expect.stringMatching(cause)];
    expect(logged).toEqual([expect.objectContaining({ level: 'error', status: 500, causes })]);
    expect(JSON.stringify(logged)).not.toContain('a secret');
  });

  it('sends what it has said early with its failure, too', async () => {
    const { response } = await served(async (c) => {
      c.get('headers')['Set-Cookie'] = 'refresh=; Max-Age=0';
      throw new Error('too late');
    });
    expect([response.status, response.headers.get('Set-Cookie')]).toEqual([500, 'refresh=; Max-Age=0']);
  });

  it.each<[string, () => Promise<void>]>([
    [
      'at once',
      () => {
        throw new Error('lost');
      },
    ],
    [
      'later',
      async () => {
        await scheduler.wait(1);
        throw new Error('lost');
      },
    ],
  ])('loses work after the answer that fails %s, and nothing else', async (_, work) => {
    const { response, logged } = await served(async (c) => {
      c.get('afterwards').push(work);
      return new Answer(204);
    });
    expect(response.status).toBe(204);
    const loss = { level: 'warn', requestId: id(response), causes: ['Error: lost'] };
    expect(logged).toEqual([
      expect.objectContaining({ level: 'info', status: 204 }),
      expect.objectContaining(loss),
    ]);
  });
});
