/** The Worker as wrangler bundles it for a deployment, which the bench puts beside `subject.ts`. */
export { Accounts, default } from '../../../src/index.ts';
