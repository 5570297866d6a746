import { vi } from 'vitest';
import { dropTables } from './empty-database.ts';

// One Worker runs many files, since starting one takes longer than most files do. Each of them still finds every
// module as it is when first loaded, and a new database.
vi.resetModules();
await dropTables();
