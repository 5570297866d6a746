import type { Child } from 'hono/jsx/dom';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Form } from './form.tsx';

export type Question = {
  title: string;
  explanation: Child;
  action: string;
  /** Nothing is lost by it. */
  isHarmless?: boolean;
  /** @throws ApiError, which the dialog tells. */
  act: () => Promise<void>;
};

/** Asks before what cannot be taken back. */
export function Confirm({ question, onClose }: { question: Question; onClose: () => void }) {
  const { title, explanation, action, isHarmless = false, act } = question;
  const send = async (): Promise<undefined> => {
    await act();
    onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <Form
        label={title}
        action={action}
        isDangerous={!isHarmless}
        send={send}
        beside={<Button onClick={onClose}>Cancel</Button>}
      >
        {() => <p>{explanation}</p>}
      </Form>
    </Dialog>
  );
}
