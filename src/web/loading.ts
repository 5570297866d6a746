import { useCallback, useEffect, useRef, useState } from 'hono/jsx/dom';
import { ApiError } from './api.ts';

export type Loaded<Data> =
  | { state: 'loading' }
  | { state: 'failed'; error: ApiError }
  /** `isOld` while another answer is waited for. */
  | { state: 'ready'; data: Data; isOld: boolean };

/**
 * Loads what a view shows, anew whenever `key` changes; what was loaded stays while it is asked for again. An answer
 * that comes after the next question is dropped.
 */
export function useLoaded<Data>(load: () => Promise<Data>, key: string): [Loaded<Data>, () => Promise<void>] {
  const [loaded, setLoaded] = useState<Loaded<Data>>({ state: 'loading' });
  const asked = useRef(0);
  const again = useCallback(async () => {
    asked.current = (asked.current ?? 0) + 1;
    const mine = asked.current;
    const next = await settled(load);
    if (mine === asked.current) setLoaded(next);
  }, [key]);
  useEffect(() => {
    setLoaded((shown) => (shown.state === 'ready' ? { ...shown, isOld: true } : { state: 'loading' }));
    void again();
  }, [key]);
  return [loaded, again];
}

async function settled<Data>(load: () => Promise<Data>): Promise<Loaded<Data>> {
  try {
    return { state: 'ready', data: await load(), isOld: false };
  } catch (error) {
    return { state: 'failed', error: asApiError(error) };
  }
}

/** A fault of this page is told as one, and stands in the console. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  console.error(error);
  return new ApiError(0, 'Something went wrong on this page. Reload it and try again.');
}
