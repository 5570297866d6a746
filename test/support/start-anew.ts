import { reset } from 'cloudflare:test';
import { vi } from 'vitest';

// One Worker runs many files, since starting one takes longer than most files do. Each of them still finds every
// module as it is when first loaded, and no data.
vi.resetModules();
await reset();
