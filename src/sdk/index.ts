/** The client for programs: everything that a program imports. */

// biome-ignore-start lint/performance/noBarrelFile: the entry of the package has to name what programs import.
export { type Client, type ClientOptions, createClient } from './client.ts';
export { AccountsError, type FieldErrors, NetworkError } from './errors.ts';
export type * from './operations.ts';
export type { LogoutScope } from './service.ts';
export { localStorageTokens, memoryStorage, type TokenStorage } from './storage.ts';
// biome-ignore-end lint/performance/noBarrelFile: see above.
