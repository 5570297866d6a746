// What core and the configuration name of the Workers platform, for scripts that use their rules.

/** Bindings: scripts have none, and need no more than the names. */
type D1Database = unknown;
type RateLimit = unknown;

/** Only on Workers, where requests come in: no script takes any. */
interface Request {
  cf?: { country?: unknown };
}

/** Only on Workers, where digests are compared: no script does. */
interface SubtleCrypto {
  timingSafeEqual(a: ArrayBufferView, b: ArrayBufferView): boolean;
}
