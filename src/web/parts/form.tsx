import { type Child, useEffect, useRef, useState } from 'hono/jsx/dom';
import { asApiError, SignedOut } from '../login.ts';
import type { ApiError } from '../requests.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';

/** What the server said is wrong with each field, by its name. */
export type Problems = Readonly<Record<string, readonly string[]>>;

type FormProps = {
  /** Names the form for those who do not see where it stands. */
  label: string;
  /** What the button says. */
  action: string;
  /** Sends what was entered; what it returns is told as done. @throws ApiError */
  send: (entered: FormData) => Promise<string | undefined>;
  children: (problems: Problems) => Child;
  isDangerous?: boolean;
  /** Whether what was entered goes once it was taken, as a password should. */
  clears?: boolean;
  beside?: Child;
};

type Outcome = { error: ApiError | null; done: string | undefined };

/** A form that tells what came of it, and puts the server's words to the field they are about. */
export function Form({
  label,
  action,
  send,
  children,
  isDangerous = false,
  clears = false,
  beside,
}: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [{ error, done }, setOutcome] = useState<Outcome>({ error: null, done: undefined });
  useEffect(() => {
    if (error !== null) form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus();
  }, [error]);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (isBusy || form.current === null) return;
    setBusy(true);
    setOutcome({ error: null, done: undefined });
    const outcome = await outcomeOf(send, new FormData(form.current));
    setBusy(false);
    setOutcome(outcome);
    if (clears && outcome.error === null) form.current?.reset();
  }

  const problems = error?.fields ?? {};
  return (
    <form ref={form} method="post" aria-label={label} aria-busy={String(isBusy)} onSubmit={submit}>
      {children(problems)}
      <div class="actions">
        <Button type="submit" kind={isDangerous ? 'danger' : 'primary'} isBusy={isBusy}>
          {action}
        </Button>
        {beside}
      </div>
      <Notice kind="problem">{error === null ? undefined : sentenceOf(error, form.current)}</Notice>
      <Notice kind="done">{done}</Notice>
    </form>
  );
}

async function outcomeOf(send: FormProps['send'], entered: FormData): Promise<Outcome> {
  try {
    return { error: null, done: await send(entered) };
  } catch (cause) {
    return { error: cause instanceof SignedOut ? null : asApiError(cause), done: undefined };
  }
}

/** What no field shows is told below the form. */
function sentenceOf({ message, fields }: ApiError, form: HTMLFormElement | null): string | undefined {
  const names = Object.keys(fields);
  if (names.length === 0) return message;
  const isShown = (name: string) => form?.elements.namedItem(name) instanceof Element;
  const hidden = names.filter((name) => !isShown(name)).map((name) => `${name}: ${fields[name]?.join(' ')}`);
  return hidden.length > 0 ? hidden.join(' ') : undefined;
}

/** What was entered there; nothing where there is no such field. */
export const entry = (entered: FormData, name: string): string => String(entered.get(name) ?? '');
