import type { SuperuserState } from '../answers.ts';
import { look, sendAsAnyone, signIn } from '../login.ts';
import { Field } from '../parts/field.tsx';
import { entry, Form } from '../parts/form.tsx';
import { NewPassword } from '../parts/password.tsx';
import { ApiError } from '../requests.ts';

/** Makes the first admin, or says why that is not possible from here. */
export function SetUp({ state }: { state: SuperuserState }) {
  if (state.setup_allowed !== true) return <NotFromHere address={state.client_ip ?? null} />;
  const send = async (entered: FormData): Promise<undefined> => {
    const [username, password] = [entry(entered, 'username'), entry(entered, 'password')];
    await sendAsAnyone('POST', 'initialize-superuser/', {
      username,
      password,
      email: entry(entered, 'email'),
    });
    // Refused where somebody else has made the first admin meanwhile: then there is a page to sign in.
    await signIn(username, password).catch((error) => {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      return look();
    });
  };
  return (
    <section class="card">
      <p>There is no admin yet. Whoever is made here may do everything.</p>
      <Form label="Create the first admin" action="Create admin" send={send}>
        {(problems) => (
          <>
            <Field
              label="Username"
              name="username"
              autoComplete="username"
              autoFocus={true}
              required={true}
              maxLength={150}
              problems={problems['username']}
            />
            <NewPassword problems={problems['password']} hint="A few random words make a good one." />
            <Field
              label="Email (optional)"
              name="email"
              type="email"
              autoComplete="email"
              problems={problems['email']}
            />
          </>
        )}
      </Form>
    </section>
  );
}

const NotFromHere = ({ address }: { address: string | null }) => (
  <section class="card">
    <p>
      There is no admin yet, and the first one cannot be created from this address
      {address === null ? (
        ''
      ) : (
        <>
          {' '}
          (<code>{address}</code>)
        </>
      )}
      .
    </p>
    <p>
      Run <code>npm run admin:create -- NAME --remote</code> where the service is deployed from, or set{' '}
      <code>SETUP_ALLOWED_IP</code> to your address, deploy, and reload this page.
    </p>
  </section>
);
