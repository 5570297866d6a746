import type { Replay } from './requests.ts';
import type { FloorName, RowName } from './world.ts';

/** One line of the table: a request, the least that its parts could cost, and how many times that it may. */
export type Row = {
  name: string;
  request: RowName | FloorName;
  /** Routes, of which each further one counts without the hello that it has as well. */
  floor: readonly [FloorName, ...FloorName[]];
  /** Null where nothing is demanded. */
  target: number | null;
  /** Left out of both sides unless it is what is measured. */
  hashes: Replay['hashes'];
};

const row = (
  name: string,
  request: Row['request'],
  floor: Row['floor'],
  target: number | null,
  hashes: Row['hashes'] = 'replayed',
): Row => ({ name, request, floor, target, hashes });

export const ROWS: readonly Row[] = [
  row('GET users/me/ by Bearer', 'meByBearer', ['verify', 'select'], 1.6),
  row('GET users/me/ by key', 'meByKey', ['select'], 2.5),
  row('RPC authenticate by key', 'rpcByKey', ['select'], 1.5),
  row('POST token/refresh/', 'refresh', ['verify', 'sign', 'select'], 2),
  row('POST token/, hash left out', 'login', ['select'], 12),
  row('POST token/', 'login', ['pbkdf2'], 1.1, 'computed'),
  row('GET users/me/, 401', 'unauthenticated', ['hello'], 2),
  row('GET jwks.json', 'jwks', ['hello'], 2),
  row('GET auth/verify/ by Bearer', 'verifyByBearer', ['verify', 'select'], null),
  row('POST token/introspect/ by key', 'introspect', ['verify', 'select'], null),
  // The floors themselves, in multiples of the least route, and what their sum leaves out: each alone is in its caches.
  row('floor: select', 'select', ['hello'], null),
  row('floor: verify', 'verify', ['hello'], null),
  row('floor: sign', 'sign', ['hello'], null),
  row('verify and select in one route', 'verifyAndSelect', ['verify', 'select'], null),
  row('verify, sign and select in one', 'verifySignAndSelect', ['verify', 'sign', 'select'], null),
];
