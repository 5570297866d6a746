import { useCallback, useEffect, useRef, useState } from 'hono/jsx/dom';
import { asApiError } from './login.ts';
import type { ApiError } from './requests.ts';

export type Loaded<Data> =
  | { state: 'loading' }
  | { state: 'failed'; error: ApiError }
  /** `isOld` while another answer is waited for; `error` where that did not come, and the old data stays. */
  | { state: 'ready'; data: Data; isOld: boolean; error: ApiError | null };

/**
 * Loads what a view shows, anew whenever `key` changes. What was loaded stays while it is asked for again, and where
 * the same could not be loaded once more. An answer that comes after the next question is dropped.
 */
export function useLoaded<Data>(load: () => Promise<Data>, key: string): [Loaded<Data>, () => Promise<void>] {
  const [loaded, setLoaded] = useState<Loaded<Data>>({ state: 'loading' });
  const asked = useRef(0);
  const ask = useCallback(
    async (accept: (shown: Loaded<Data>, next: Loaded<Data>) => Loaded<Data>) => {
      asked.current += 1;
      const mine = asked.current;
      setLoaded((shown) => (shown.state === 'ready' ? { ...shown, isOld: true } : { state: 'loading' }));
      const next = await settled(load);
      if (mine === asked.current) setLoaded((shown) => accept(shown, next));
    },
    [key],
  );
  useEffect(() => {
    void ask((_, next) => next);
  }, [key]);
  return [loaded, () => ask(orAsBefore)];
}

const orAsBefore = <Data>(shown: Loaded<Data>, next: Loaded<Data>): Loaded<Data> =>
  shown.state === 'ready' && next.state === 'failed' ? { ...shown, isOld: false, error: next.error } : next;

async function settled<Data>(load: () => Promise<Data>): Promise<Loaded<Data>> {
  try {
    return { state: 'ready', data: await load(), isOld: false, error: null };
  } catch (error) {
    return { state: 'failed', error: asApiError(error) };
  }
}
