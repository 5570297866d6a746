import { goTo, hashOf } from '../address.ts';
import type { PageOf, User } from '../answers.ts';
import { Frame } from '../frame.tsx';
import { useLoaded } from '../loading.ts';
import { send } from '../login.ts';
import { mayI, useMe } from '../me.ts';
import { Button } from '../parts/button.tsx';
import { Field } from '../parts/field.tsx';
import { entry } from '../parts/form.tsx';
import { Show } from '../parts/loaded.tsx';
import { Moment } from '../parts/moment.tsx';
import { Pager } from '../parts/pager.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { levelName } from './user-level.ts';

const PAGE_SIZE = 25;

/** All users, page by page. */
export function UsersView({ search, page }: { search: string; page: number }) {
  const me = useMe();
  const query = new URLSearchParams({ page: String(page), page_size: String(PAGE_SIZE), search });
  const load = async () => ({ page, search, ...(await send<PageOf<User>>('GET', `users/?${query}`)) });
  const [loaded, again] = useLoaded(load, query.toString());
  return (
    <Frame title="Users" section="users" beside={mayI(me, 'add_user') && <Create />}>
      <section class="card" aria-label="Users">
        <Search search={search} />
        <Show loaded={loaded} again={again}>
          {({ count, results, ...shown }) =>
            results.length === 0 ? (
              <p class="empty">
                {shown.search === '' ? 'There are no users.' : `No username begins with “${shown.search}”.`}
              </p>
            ) : (
              <>
                <UserTable users={results} />
                <Pager
                  page={shown.page}
                  pageSize={PAGE_SIZE}
                  count={count}
                  placeOf={(other) => ({ view: 'users', search: shown.search, page: other })}
                />
              </>
            )
          }
        </Show>
      </section>
    </Frame>
  );
}

const Create = () => (
  <a class="button primary" href={hashOf({ view: 'user', id: null })}>
    New user
  </a>
);

function Search({ search }: { search: string }) {
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    goTo({ view: 'users', search: entry(new FormData(event.currentTarget), 'search'), page: 1 });
  };
  return (
    <search>
      <form class="joined" onSubmit={submit}>
        <Field label="Username begins with" name="search" type="search" value={search} />
        <Button type="submit">Search</Button>
      </form>
    </search>
  );
}

function UserTable({ users }: { users: readonly User[] }) {
  return (
    <table>
      <TableHead columns={['Username', 'Name', 'Level', 'API key', 'Last login']} />
      <tbody>
        {users.map((user) => (
          <tr key={user.id}>
            <th scope="row" data-label="Username">
              <a href={hashOf({ view: 'user', id: user.id })}>{user.username}</a>{' '}
              {!user.is_active && <span class="badge">inactive</span>}
            </th>
            <td data-label="Name">{nameOf(user)}</td>
            <td data-label="Level">{levelName(user.user_level)}</td>
            <td data-label="API key">
              {user.api_key_preview === null ? 'none' : <code>{user.api_key_preview}</code>}
            </td>
            <td data-label="Last login">
              <Moment at={user.last_login} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const nameOf = ({ first_name, last_name, email }: User): string =>
  [first_name, last_name].filter((part) => part !== '').join(' ') || email || '–';
