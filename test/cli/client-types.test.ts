import { expect, it } from 'vitest';
import { clientTypesOf, type Document } from './support/client-types.ts';
import { documentOfTheWorker } from './support/worker-document.ts';

it('the types of the client are those of the document', async () => {
  const types = clientTypesOf(await documentOfTheWorker<Document>());
  await expect(types).toMatchFileSnapshot('../../src/sdk/operations.ts');
});
