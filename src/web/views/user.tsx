import { goTo, hashOf } from '../address.ts';
import type { Group, Me, User } from '../answers.ts';
import { Frame } from '../frame.tsx';
import { useLoaded } from '../loading.ts';
import { changed, send, signOut } from '../login.ts';
import { isAdmin, mayI, useMe } from '../me.ts';
import { ApiKeys } from '../panels/api-keys.tsx';
import { Sessions } from '../panels/sessions.tsx';
import { UnseenKey } from '../panels/unseen-key.tsx';
import { Button } from '../parts/button.tsx';
import { ForUser } from '../parts/field.tsx';
import { entry, Form } from '../parts/form.tsx';
import { Show } from '../parts/loaded.tsx';
import { NewPassword } from '../parts/password.tsx';
import { type Question, useQuestions } from '../parts/question.tsx';
import { changesIn, UserFields } from './user-fields.tsx';

/** One user: made, changed, ended. */
export function UserView({ id }: { id: number | null }) {
  const me = useMe();
  const load = async () => ({
    user: id === null ? null : await send<User>('GET', `users/${id}/`),
    groups: isAdmin(me) ? await send<Group[]>('GET', 'groups/') : [],
  });
  const [loaded, again] = useLoaded(load, String(id));
  const title =
    id === null ? 'New user' : loaded.state === 'ready' ? (loaded.data.user?.username ?? '') : 'User';
  return (
    <Frame
      title={title}
      section="users"
      beside={<a href={hashOf({ view: 'users', search: '', page: 1 })}>All users</a>}
    >
      <Show loaded={loaded} again={again}>
        {({ user, groups }) =>
          user === null ? (
            <NewUser groups={groups} />
          ) : (
            <KnownUser user={user} groups={groups} again={again} />
          )
        }
      </Show>
    </Frame>
  );
}

function NewUser({ groups }: { groups: readonly Group[] }) {
  const me = useMe();
  const create = async (entered: FormData): Promise<string | undefined> => {
    const [username, password] = [entry(entered, 'username'), entry(entered, 'password')];
    const made = await send<User>('POST', 'users/', {
      ...changesIn(entered, null, groups),
      username,
      password,
    });
    if (!mayI(me, 'view_user')) return `${made.username} is created.`;
    goTo({ view: 'user', id: made.id });
    return undefined;
  };
  return (
    <section class="card" aria-label="New user">
      <Form label="New user" action="Create user" send={create} clears={true}>
        {(problems) => (
          <>
            <UserFields user={null} groups={groups} problems={problems} />
            <NewPassword
              problems={problems['password']}
              hint="Hand it over in person, and have it changed."
            />
          </>
        )}
      </Form>
    </section>
  );
}

type KnownUserProps = { user: User; groups: readonly Group[]; again: () => Promise<void> };

function KnownUser({ user, groups, again }: KnownUserProps) {
  const me = useMe();
  const mayChange = mayI(me, 'change_user');
  return (
    <>
      <div class="columns">
        <Details user={user} groups={groups} again={again} mayChange={mayChange} />
        <div class="stack">
          {mayChange && user.id !== me.id && <PasswordCard user={user} />}
          <Standing user={user} again={again} />
        </div>
      </div>
      {user.id === me.id || mayI(me, 'view_apikey') ? (
        <ApiKeys owner={user} />
      ) : (
        (mayI(me, 'add_apikey') || mayI(me, 'delete_apikey')) && <UnseenKey owner={user} again={again} />
      )}
      {(user.id === me.id || mayI(me, 'view_session')) && <Sessions owner={user} />}
    </>
  );
}

function Details({ user, groups, again, mayChange }: KnownUserProps & { mayChange: boolean }) {
  const me = useMe();
  const save = async (entered: FormData): Promise<string> => {
    const changes = changesIn(entered, user, groups);
    if (Object.keys(changes).length === 0) return 'Nothing was changed.';
    await send('PATCH', `users/${user.id}/`, changes);
    await Promise.all([again(), user.id === me.id ? refreshMe() : undefined]);
    return 'Saved.';
  };
  return (
    <section class="card" aria-labelledby="details">
      <h2 id="details">Details</h2>
      {mayChange ? (
        <Form label="Details" action="Save" send={save}>
          {(problems) => <UserFields user={user} groups={groups} problems={problems} />}
        </Form>
      ) : (
        <UserFields user={user} groups={groups} problems={{}} isReadOnly={true} />
      )}
    </section>
  );
}

const refreshMe = async (): Promise<void> => changed(await send<Me>('GET', 'users/me/'));

function PasswordCard({ user }: { user: User }) {
  const save = async (entered: FormData): Promise<string> => {
    await send('PATCH', `users/${user.id}/`, { password: entry(entered, 'password') });
    return `${user.username} has a new password, and is signed out everywhere. API keys still work.`;
  };
  return (
    <section class="card" aria-labelledby="password">
      <h2 id="password">Password</h2>
      <Form label="Password" action="Set password" send={save} clears={true}>
        {(problems) => (
          <>
            <ForUser username={user.username} />
            <NewPassword
              label="New password"
              problems={problems['password']}
              hint={`Signs ${user.username} out everywhere.`}
            />
          </>
        )}
      </Form>
    </section>
  );
}

/** Whether the user may sign in, and whether there is one at all. */
function Standing({ user, again }: { user: User; again: () => Promise<void> }) {
  const me = useMe();
  const { ask, tell, place } = useQuestions();
  const setActive = async (is_active: boolean): Promise<void> => {
    await send('PATCH', `users/${user.id}/`, { is_active });
    tell(is_active ? `${user.username} may sign in again.` : `${user.username} is deactivated.`);
    await again();
  };
  const deactivation: Question = {
    title: `Deactivate ${user.username}?`,
    explanation:
      'Every login ends at once and API keys are refused. It can be undone; the logins stay ended.',
    action: 'Deactivate',
    act: () => setActive(false),
  };
  const activation: Question = {
    title: `Activate ${user.username}?`,
    explanation: 'The password and API keys work again.',
    action: 'Activate',
    isHarmless: true,
    act: () => setActive(true),
  };
  const deletion: Question = {
    title: `Delete ${user.username}?`,
    explanation: 'The user, all logins and API keys are gone at once. This cannot be undone.',
    action: 'Delete user',
    act: async () => {
      await send('DELETE', `users/${user.id}/`);
      if (user.id === me.id) signOut();
      else goTo({ view: 'users', search: '', page: 1 });
    },
  };
  const [mayChange, mayDelete] = [mayI(me, 'change_user'), mayI(me, 'delete_user')];
  if (!mayChange && !mayDelete) return null;
  return (
    <section class="card" aria-labelledby="standing">
      <h2 id="standing">{user.is_active ? 'Active' : 'Inactive'}</h2>
      <p>{user.is_active ? 'May sign in and use API keys.' : 'Cannot sign in; API keys are refused.'}</p>
      <div class="actions">
        {mayChange && (
          <Button onClick={() => ask(user.is_active ? deactivation : activation)}>
            {user.is_active ? 'Deactivate' : 'Activate'}
          </Button>
        )}
        {mayDelete && (
          <Button kind="danger" onClick={() => ask(deletion)}>
            Delete
          </Button>
        )}
      </div>
      {place}
    </section>
  );
}
