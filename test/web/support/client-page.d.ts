/** The client as a page has it that loads it as a script, and what the tests leave there. */
declare const sdk: typeof import('../../../src/sdk/index.ts');
declare const client: import('../../../src/sdk/index.ts').Client;
declare const ended: number;
