import type { Child } from 'hono/jsx/dom';

/** Tells what came of something; the place stands there from the start, so that screen readers watch it. */
export function Notice({ kind, children }: { kind: 'problem' | 'done'; children: Child }) {
  return (
    <div class={`notice ${kind}`} role={kind === 'problem' ? 'alert' : 'status'}>
      {children}
    </div>
  );
}
