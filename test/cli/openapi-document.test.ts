import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';

type Run = <T>(use: unknown, run: () => T) => T;
type Module = {
  createApp(services: () => never, measured: Run): { request(path: string): Promise<Response> };
};

/**
 * By a computed name, since the Worker's sources are typed for workerd and these tests for Node: the cast holds
 * as long as `src/app.ts` exports a Hono app. The validator compiles schemas to code, which workerd forbids.
 */
async function documentOfTheWorker(): Promise<Record<string, unknown>> {
  const { createApp } = (await import(new URL('../../src/app.ts', import.meta.url).href)) as Module;
  const unneeded = () => {
    throw new Error('the document needs no services');
  };
  const app = createApp(unneeded, (_, run) => run());
  return (await (await app.request('/api/schema/')).json()) as Record<string, unknown>;
}

it('validates against the published schema of OpenAPI 3.1', async () => {
  const validator = new Validator();
  expect(await validator.validate(await documentOfTheWorker())).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
});

it('would not validate with an operation that lacks its responses or has an unknown member', async () => {
  const document = await documentOfTheWorker();
  const spoiled = { ...document, paths: { '/x/': { get: { responses: 'none', unknown: 1 } } } };
  expect((await new Validator().validate(spoiled)).valid).toBe(false);
});
