// Writes the OpenAPI document for the Worker, which carries it as one text: what makes it stays out of the bundle.

import { writeIfDifferent } from './files.ts';
import { paths } from './project.ts';

/** Makes the document of the routes as they stand in src/. @throws what keeps them from being loaded. */
export async function buildDocument(): Promise<void> {
  // Not before: whoever imports this script need not load the Worker.
  const { documentOf } = await import('./openapi.ts');
  const { operations } = await import('../http/operations.ts');
  const text = JSON.stringify(documentOf(operations));
  // A JSON file that holds the text as one string: an object would be built while an isolate starts.
  await writeIfDifferent(paths.document, Buffer.from(`${JSON.stringify(text)}\n`));
}
