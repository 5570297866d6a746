import { signIn, signInAgain } from '../login.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { entry, Form } from '../parts/form.tsx';
import { KnownPassword } from '../parts/password.tsx';

export function SignIn() {
  const send = async (entered: FormData): Promise<undefined> => {
    await signIn(entry(entered, 'username'), entry(entered, 'password'));
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
            <KnownPassword problems={problems['password']} />
          </>
        )}
      </Form>
    </section>
  );
}

/** Asks whoever was signed in for the password, on top of what was being done. */
export function SignInAgain({ username, onLeave }: { username: string; onLeave: () => void }) {
  const send = async (entered: FormData): Promise<undefined> => {
    await signInAgain(entry(entered, 'username'), entry(entered, 'password'));
  };
  return (
    <Dialog title="Your login has ended">
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
              required={true}
              autoComplete="username"
            />
            <KnownPassword problems={problems['password']} autoFocus={true} />
          </>
        )}
      </Form>
    </Dialog>
  );
}
