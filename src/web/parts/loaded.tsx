import type { Child } from 'hono/jsx/dom';
import type { Loaded } from '../loading.ts';
import { SignedOut } from '../login.ts';
import type { ApiError } from '../requests.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';

type ShowProps<Data> = {
  loaded: Loaded<Data>;
  again: () => Promise<void>;
  children: (data: Data) => Child;
};

/** What was loaded, or that it is awaited, or why it did not come. */
export function Show<Data>({ loaded, again, children }: ShowProps<Data>) {
  switch (loaded.state) {
    case 'loading':
      return (
        <div class="placeholder" role="status">
          Loading …
        </div>
      );
    case 'failed':
      return <Failure error={loaded.error} again={again} />;
    case 'ready':
      return (
        <div class="stack" aria-busy={String(loaded.isOld)}>
          {loaded.error !== null && <Failure error={loaded.error} again={again} />}
          {children(loaded.data)}
        </div>
      );
  }
}

function Failure({ error, again }: { error: ApiError; again: () => Promise<void> }) {
  if (error instanceof SignedOut) return null;
  return (
    <div class="failure">
      <Notice kind="problem">{error.message}</Notice>
      <Button onClick={() => void again()}>Try again</Button>
    </div>
  );
}
