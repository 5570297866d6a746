import { afterAll, expect } from 'vitest';
import { flawsOf, noteStatements } from './query-plans.ts';

// A test file's own database explains what that file has made src/db prepare: no list, and nothing shared.
const { noted, end } = noteStatements();

afterAll(async () => {
  end();
  const flaws = await Promise.all([...noted].map(flawsOf));
  expect(flaws.flat(), 'statements of src/db that scan a table or sort rows').toEqual([]);
});
