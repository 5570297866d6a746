import type { Me } from '../answers.ts';
import { Frame } from '../frame.tsx';
import { changed, send } from '../login.ts';
import { useMe } from '../me.ts';
import { ApiKeys } from '../panels/api-keys.tsx';
import { Sessions } from '../panels/sessions.tsx';
import { Field, ForUser } from '../parts/field.tsx';
import { entry, Form } from '../parts/form.tsx';
import { KnownPassword, NewPassword } from '../parts/password.tsx';

/** What people change of themselves. */
export function ProfileView() {
  const me = useMe();
  return (
    <Frame title="Profile" section="profile">
      <div class="columns">
        <Details />
        <PasswordCard />
      </div>
      <ApiKeys owner={me} />
      <Sessions owner={me} />
    </Frame>
  );
}

function Details() {
  const me = useMe();
  const save = async (entered: FormData): Promise<string> => {
    const [first_name, last_name, email] = ['first_name', 'last_name', 'email'].map((name) =>
      entry(entered, name),
    );
    changed(await send<Me>('PATCH', 'users/me/', { first_name, last_name, email }));
    return 'Saved.';
  };
  return (
    <section class="card" aria-labelledby="details">
      <h2 id="details">Your details</h2>
      <Form label="Your details" action="Save" send={save}>
        {(problems) => (
          <>
            <Field
              label="Username"
              name="username"
              value={me.username}
              readOnly={true}
              autoComplete="username"
              hint="Only an administrator can change it."
            />
            <div class="pair">
              <Field
                label="First name"
                name="first_name"
                value={me.first_name}
                autoComplete="given-name"
                problems={problems['first_name']}
              />
              <Field
                label="Last name"
                name="last_name"
                value={me.last_name}
                autoComplete="family-name"
                problems={problems['last_name']}
              />
            </div>
            <Field
              label="Email"
              name="email"
              type="email"
              value={me.email}
              autoComplete="email"
              problems={problems['email']}
            />
          </>
        )}
      </Form>
    </section>
  );
}

function PasswordCard() {
  const me = useMe();
  const save = async (entered: FormData): Promise<string> => {
    const [current_password, password] = [entry(entered, 'current_password'), entry(entered, 'password')];
    changed(await send<Me>('PATCH', 'users/me/', { current_password, password }));
    return 'Your password is changed, and you are signed out everywhere else. Your API key still works.';
  };
  return (
    <section class="card" aria-labelledby="password">
      <h2 id="password">Password</h2>
      <Form label="Password" action="Change password" send={save} clears={true}>
        {(problems) => (
          <>
            <ForUser username={me.username} />
            <KnownPassword
              label="Current password"
              name="current_password"
              problems={problems['current_password']}
            />
            <NewPassword
              label="New password"
              problems={problems['password']}
              hint="Signs you out everywhere else."
            />
          </>
        )}
      </Form>
    </section>
  );
}
