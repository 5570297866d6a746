import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';

/** The keys could not be had, which says nothing about the token. */
export class KeysUnavailable extends Error {}

const SECOND = 1000;
/** For so long a set is used without a question. */
const FRESH = 600 * SECOND;
/** For so long it is used while no newer one can be had. */
const USABLE = 3600 * SECOND;
/** Between two tries, whatever came of the first and whoever made up a `kid` meanwhile. */
const PAUSE = 30 * SECOND;
const TIMEOUT = 5 * SECOND;
/** When a try has been cut off, as in Workers by the end of the request that made it. */
const LOST = TIMEOUT + SECOND;
const LOOK_AGAIN = 20;

/**
 * Finds keys in a set that is fetched from there. jose fetches and looks up; when to fetch is judged here, since jose
 * counts from the last success alone and in Workers shares no fetch among requests.
 * @returns a function that throws JWKSNoMatchingKey where the newest set lacks the key, and KeysUnavailable where
 * there is no newest one.
 */
export function createRemoteKeys(url: URL): JWTVerifyGetKey {
  const set = createRemoteJWKSet(url, {
    timeoutDuration: TIMEOUT,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
  });
  const times = { tried: Number.NEGATIVE_INFINITY, fetched: Number.NEGATIVE_INFINITY };
  let isTrying = false;

  function mayTry(): boolean {
    const isLost = isTrying && !isWithin(LOST, times.tried) && !isWithin(USABLE, times.fetched);
    return isLost || !isWithin(PAUSE, times.tried);
  }

  async function fetchOnce(): Promise<void> {
    const started = Date.now();
    [times.tried, isTrying] = [started, true];
    try {
      await set.reload();
      times.fetched = Math.max(times.fetched, started);
    } catch {
      // `tried` without `fetched` says so.
    } finally {
      if (times.tried === started) isTrying = false;
    }
  }

  /** In Workers the promise of another request may never settle: each looks again by a timer of its own. */
  async function waitForOther(): Promise<void> {
    for (let waited = 0; isTrying && isWithin(LOST, times.tried) && waited < LOST; waited += LOOK_AGAIN) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
    }
  }

  const find = async (...asked: Parameters<JWTVerifyGetKey>) => {
    if (!isWithin(USABLE, times.fetched)) return null;
    try {
      return await set(...asked);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return null;
      throw error;
    }
  };

  return async (...asked) => {
    if (!isWithin(FRESH, times.fetched) && mayTry()) await fetchOnce();
    let found = await find(...asked);
    // A new key, a made-up one, or no set yet. Twice, since the try of another may be lost.
    for (let round = 0; found === null && round < 2; round++) {
      await (mayTry() ? fetchOnce() : waitForOther());
      found = await find(...asked);
    }
    if (found !== null) return found;
    throw times.fetched === times.tried ? new errors.JWKSNoMatchingKey() : new KeysUnavailable();
  };
}

const isWithin = (duration: number, since: number): boolean => Date.now() < since + duration;
