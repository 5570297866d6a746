import { type Child, useState } from 'hono/jsx/dom';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Form } from './form.tsx';
import { Notice } from './notice.tsx';

export type Question = {
  title: string;
  explanation: Child;
  action: string;
  /** Nothing is lost by it. */
  isHarmless?: boolean;
  /** @throws ApiError, which the dialog tells. */
  act: () => Promise<void>;
};

type Asking = {
  /** Asks before what cannot be taken back. */
  ask: (question: Question) => void;
  /** Tells what was done. */
  tell: (sentence: string) => void;
  /** Where both are shown. */
  place: Child;
};

/** Questions of a part of the page, and what came of them. */
export function useQuestions(): Asking {
  const [question, ask] = useState<Question | null>(null);
  const [done, tell] = useState('');
  const place = (
    <>
      <Notice kind="done">{done}</Notice>
      {question !== null && <Confirm question={question} onClose={() => ask(null)} />}
    </>
  );
  return { ask, tell, place };
}

function Confirm({ question, onClose }: { question: Question; onClose: () => void }) {
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
