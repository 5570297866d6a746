type Run = <T>(use: unknown, run: () => T) => T;
type Module = {
  createApp(services: () => never, measured: Run): { request(path: string): Promise<Response> };
};

/**
 * By a computed name, since the Worker's sources are typed for workerd and these tests for Node: the casts hold
 * as long as `src/app.ts` exports a Hono app, and whoever asks knows the document.
 */
export async function documentOfTheWorker<Document>(): Promise<Document> {
  const { createApp } = (await import(new URL('../../../src/app.ts', import.meta.url).href)) as Module;
  const unneeded = () => {
    throw new Error('the document needs no services');
  };
  const app = createApp(unneeded, (_, run) => run());
  return (await (await app.request('/api/schema/')).json()) as Document;
}
