// A new refresh key: the text of a secret `REFRESH_KEY`, `REFRESH_KEY_2` and so on.

import { randomBytes } from 'node:crypto';
import { refreshKeyValue } from '../protocol/refresh-keys.ts';

/** 32 random bytes that sign refresh tokens from that instant on, rounded up to the second. */
export const createRefreshKey = (signsFrom: Date): string =>
  refreshKeyValue(Math.ceil(signsFrom.getTime() / 1000), randomBytes(32).toString('base64url'));
