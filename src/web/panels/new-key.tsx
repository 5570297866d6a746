import { useEffect, useRef } from 'hono/jsx/dom';
import { Button } from '../parts/button.tsx';
import { Copyable } from '../parts/copy.tsx';

/** The only moment at which a key can be seen. */
export function NewKey({ value, onClose }: { value: string; onClose: () => void }) {
  const section = useRef<HTMLElement>(null);
  useEffect(() => section.current?.focus(), []);
  return (
    <section ref={section} tabindex={-1} class="secret" aria-label="The new key">
      <p>
        <strong>Copy the key now.</strong> It is not kept, and will not be shown again.
      </p>
      <Copyable label="API key" text={value} />
      <Copyable label="as X-API-Key header" text={`X-API-Key: ${value}`} />
      <Copyable label="as Authorization header" text={`Authorization: ApiKey ${value}`} />
      <div class="actions">
        <Button onClick={onClose}>I have copied it</Button>
      </div>
    </section>
  );
}
