import { signIn, signInAsBefore } from '../login.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { entry, Form } from '../parts/form.tsx';

export function SignIn({ onDone }: { onDone: () => Promise<void> }) {
  const send = async (entered: FormData): Promise<undefined> => {
    await signIn(entry(entered, 'username'), entry(entered, 'password'));
    await onDone();
  };
  return (
    <section class="card">
      <Form label="Sign in" action="Sign in" send={send}>
        {(problems) => (
          <>
            <Field
              label="Username"
              name="username"
              autoComplete="username"
              autoFocus={true}
              required={true}
              problems={problems['username']}
            />
            <Password problems={problems['password']} />
          </>
        )}
      </Form>
    </section>
  );
}

/** Asks whoever was signed in for the password, on top of what was being done. */
export function SignInAgain(props: { username: string; onDone: () => void; onLeave: () => void }) {
  const { username, onDone, onLeave } = props;
  const send = async (entered: FormData): Promise<undefined> => {
    await signInAsBefore(username, entry(entered, 'password'));
    onDone();
  };
  return (
    <Dialog title="Your login has ended" onClose={stay}>
      <p>Sign in again to go on where you were. What you have typed is still here.</p>
      <Form
        label="Sign in again"
        action="Sign in"
        send={send}
        beside={<Button onClick={onLeave}>Leave</Button>}
      >
        {(problems) => (
          <>
            <Field
              label="Username"
              name="username"
              value={username}
              readOnly={true}
              autoComplete="username"
            />
            <Password problems={problems['password']} autoFocus={true} />
          </>
        )}
      </Form>
    </Dialog>
  );
}

/** What was typed would be lost with the view, so leaving takes a click. */
const stay = (): void => undefined;

type PasswordProps = { problems: readonly string[] | undefined; autoFocus?: boolean };

const Password = ({ problems, autoFocus = false }: PasswordProps) => (
  <Field
    label="Password"
    name="password"
    type="password"
    autoComplete="current-password"
    required={true}
    autoFocus={autoFocus}
    problems={problems}
  />
);
