import { useId, useRef, useState } from 'hono/jsx/dom';
import { Button } from './button.tsx';

/** A text to take along. Where the browser gives no clipboard it is selected, to be copied by hand. */
export function Copyable({ label, text }: { label: string; text: string }) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  async function copy(): Promise<void> {
    input.current?.select();
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      input.current?.focus();
    }
  }
  return (
    <div class="field copyable">
      <label for={id}>{label}</label>
      <div class="joined">
        <input id={id} ref={input} type="text" readonly={true} value={text} spellcheck={false} />
        <Button label={`Copy ${label}`} onClick={() => void copy()}>
          {isCopied ? 'Copied' : 'Copy'}
        </Button>
      </div>
      <span class="unseen" role="status">
        {isCopied ? `${label} copied` : ''}
      </span>
    </div>
  );
}
