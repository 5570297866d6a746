import type { Replay } from './requests.ts';
import type { FloorName, RowName } from './world.ts';

/** One line of the table: a request, the least that its parts could cost, and how many times that it may. */
export type Row = {
  name: string;
  request: RowName | FloorName;
  floor: FloorName;
  /** In the words of the table. */
  floorName: string;
  /** Null where nothing is demanded. */
  target: number | null;
  /** Left out of both sides unless it is what is measured. */
  hashes: Replay['hashes'];
};

const row = (
  name: string,
  request: Row['request'],
  [floor, floorName]: readonly [FloorName, string],
  target: number | null,
  hashes: Row['hashes'] = 'replayed',
): Row => ({ name, request, floor, floorName, target, hashes });

const HELLO = ['hello', 'hello'] as const;
const SELECT = ['select', 'select'] as const;
const VERIFY_SELECT = ['verifyAndSelect', 'verify + select'] as const;
const VERIFY_SELECT_SIGN = ['verifySelectAndSign', 'verify + select + sign'] as const;
const PBKDF2 = ['pbkdf2', 'PBKDF2'] as const;

export const ROWS: readonly Row[] = [
  row('GET users/me/ by Bearer', 'meByBearer', VERIFY_SELECT, 1.6),
  row('GET users/me/ by key', 'meByKey', SELECT, 2.5),
  row('RPC authenticate by key', 'rpcByKey', SELECT, 1.5),
  row('POST token/refresh/', 'refresh', VERIFY_SELECT_SIGN, 2),
  row('POST token/, hash left out', 'login', SELECT, 12),
  row('POST token/', 'login', PBKDF2, 1.1, 'computed'),
  row('GET users/me/, 401', 'unauthenticated', HELLO, 2),
  row('GET jwks.json', 'jwks', HELLO, 2),
  row('GET auth/verify/ by Bearer', 'verifyByBearer', VERIFY_SELECT, null),
  row('POST token/introspect/ by key', 'introspect', VERIFY_SELECT, null),
  // The floors themselves, in multiples of the least route.
  row('floor: select', 'select', HELLO, null),
  row('floor: verify', 'verify', HELLO, null),
  row('floor: sign', 'sign', HELLO, null),
];
