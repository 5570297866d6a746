import { usePlace } from '../address.ts';
import { GroupView } from './group.tsx';
import { GroupsView } from './groups.tsx';
import { ProfileView } from './profile.tsx';
import { UserView } from './user.tsx';
import { UsersView } from './users.tsx';

/** The view that the address names. */
export function CurrentView() {
  const place = usePlace();
  switch (place.view) {
    case 'profile':
      return <ProfileView key="profile" />;
    case 'users':
      return <UsersView key="users" search={place.search} page={place.page} />;
    case 'user':
      return <UserView key={`user ${place.id}`} id={place.id} />;
    case 'groups':
      return <GroupsView key="groups" />;
    case 'group':
      return <GroupView key={`group ${place.id}`} id={place.id} />;
  }
}
