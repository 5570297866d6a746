import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { documentOf } from '../../src/cli/openapi.ts';
import { operations } from '../../src/http/operations.ts';
import { documentOfTheWorker } from './support/worker-document.ts';

it('validates against the published schema of OpenAPI 3.1', async () => {
  const validator = new Validator();
  expect(await validator.validate(await documentOfTheWorker())).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
});

it('would not validate with an operation that lacks its responses or has an unknown member', async () => {
  const document = await documentOfTheWorker<object>();
  const spoiled = { ...document, paths: { '/x/': { get: { responses: 'none', unknown: 1 } } } };
  expect((await new Validator().validate(spoiled)).valid).toBe(false);
});

it('is what the routes say, as they stand in the source', async () => {
  expect(await documentOfTheWorker()).toEqual(JSON.parse(JSON.stringify(documentOf(operations))));
});
