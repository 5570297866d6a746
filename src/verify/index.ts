// biome-ignore-all lint/performance/noBarrelFile: the one door of the package, for `edge-accounts/verify`
export type {
  AccountsBinding,
  Caller,
  HeadersLike,
  OfflineCaller,
  OfflineReason,
  Reason,
  Verdict,
} from './caller.ts';
export { authenticated, type CallerOf, requires } from './hono.ts';
export type { JwksOptions } from './offline.ts';
export { type BoundVerifier, createVerifier, type OfflineVerifier, type Verifier } from './verifier.ts';
