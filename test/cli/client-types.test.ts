import { expect, it } from 'vitest';
import { isOpen } from '../../src/sdk/service.ts';
import { clientTypesOf, type Document } from './support/client-types.ts';
import { documentOfTheWorker } from './support/worker-document.ts';

it('the types of the client are those of the document', async () => {
  const types = clientTypesOf(await documentOfTheWorker<Document>());
  await expect(types).toMatchFileSnapshot('../../src/sdk/operations.ts');
});

it('the client sends a credential to all operations of the accounts but those that take none', async () => {
  const { paths } = await documentOfTheWorker<Document>();
  const operations = Object.entries(paths)
    .filter(([path]) => path.startsWith('/api/accounts/'))
    .flatMap(([path, item]) => Object.entries(item).map(([method, each]) => ({ path, method, ...each })));
  const takesNone = operations.filter(({ security }) => security.length === 0);
  const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
  expect(takesNone.length).toBeGreaterThan(0);
  expect(operations.filter(({ path }) => isOpen(path)).map(nameOf)).toEqual(takesNone.map(nameOf));
});
