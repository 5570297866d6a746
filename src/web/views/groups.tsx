import { hashOf } from '../address.ts';
import type { Group } from '../answers.ts';
import { Frame } from '../frame.tsx';
import { useLoaded } from '../loading.ts';
import { send } from '../login.ts';
import { isAdmin, useMe } from '../me.ts';
import { Show } from '../parts/loaded.tsx';
import { TableHead } from '../parts/table-head.tsx';

/** All groups. */
export function GroupsView() {
  const me = useMe();
  const [loaded, again] = useLoaded(() => send<Group[]>('GET', 'groups/'), 'groups');
  return (
    <Frame title="Groups" section="groups" beside={isAdmin(me) && <Create />}>
      <section class="card" aria-label="Groups">
        <p>The members of a group may do what the group may.</p>
        <Show loaded={loaded} again={again}>
          {(groups) =>
            groups.length === 0 ? <p class="empty">There are no groups.</p> : <GroupTable groups={groups} />
          }
        </Show>
      </section>
    </Frame>
  );
}

const Create = () => (
  <a class="button primary" href={hashOf({ view: 'group', id: null })}>
    New group
  </a>
);

const GroupTable = ({ groups }: { groups: readonly Group[] }) => (
  <table>
    <TableHead columns={['Name', 'Permissions']} />
    <tbody>
      {groups.map(({ id, name, permissions }) => (
        <tr key={id}>
          <th scope="row" data-label="Name">
            <a href={hashOf({ view: 'group', id })}>{name}</a>
          </th>
          <td data-label="Permissions">{permissions.length}</td>
        </tr>
      ))}
    </tbody>
  </table>
);
