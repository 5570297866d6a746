import { type Child, useEffect, useId, useRef } from 'hono/jsx/dom';
import { focusHeading } from './focus.ts';

type DialogProps = {
  title: string;
  children: Child;
  /** What Escape does; without it the dialog stays until its content is done. */
  onClose?: () => void;
};

/** Asks for something before the page goes on. The browser keeps the focus inside; it goes back where it was. */
export function Dialog({ title, children, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const opened = dialog.current;
    const before = document.activeElement;
    opened?.showModal();
    return () => {
      const section = opened?.closest('section');
      opened?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      else focusHeading(section);
    };
  }, []);
  function cancel(event: Event): void {
    event.preventDefault();
    onClose?.();
  }
  /** Browsers let a page prevent that only once. */
  function closed(): void {
    if (onClose !== undefined) onClose();
    else if (dialog.current?.isConnected) dialog.current.showModal();
  }
  const closedBy = onClose === undefined ? 'none' : 'closerequest';
  return (
    <dialog ref={dialog} aria-labelledby={id} closedby={closedBy} onCancel={cancel} onClose={closed}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
