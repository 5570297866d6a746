import type { Child } from 'hono/jsx/dom';
import { SignedOut } from '../api.ts';
import type { Loaded } from '../loading.ts';
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
      if (loaded.error instanceof SignedOut) return null;
      return (
        <div class="failure">
          <Notice kind="problem">{loaded.error.message}</Notice>
          <Button onClick={() => void again()}>Try again</Button>
        </div>
      );
    case 'ready':
      return (
        <div class="stack" aria-busy={String(loaded.isOld)}>
          {children(loaded.data)}
        </div>
      );
  }
}
