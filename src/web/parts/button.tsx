import type { Child } from 'hono/jsx/dom';

type ButtonProps = {
  children: Child;
  type?: 'button' | 'submit';
  kind?: 'primary' | 'plain' | 'danger';
  isBusy?: boolean;
  onClick?: () => void;
  /** Where what it says is not enough without what stands around it. */
  label?: string;
};

/** While it is busy it keeps the focus, and a click does nothing. */
export function Button({
  children,
  type = 'button',
  kind = 'plain',
  isBusy = false,
  onClick,
  label,
}: ButtonProps) {
  return (
    <button
      type={type}
      class={`button ${kind}`}
      aria-disabled={String(isBusy)}
      {...(label === undefined ? {} : { 'aria-label': label })}
      onClick={() => (isBusy ? undefined : onClick?.())}
    >
      {children}
    </button>
  );
}
