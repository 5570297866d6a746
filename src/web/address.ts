// Which view is shown stands behind the `#` of the address, so that the back button and bookmarks work.

import { useEffect, useState } from 'hono/jsx/dom';

export type Place =
  | { view: 'profile' }
  | { view: 'users'; search: string; page: number }
  | { view: 'user'; id: number | null }
  | { view: 'groups' }
  | { view: 'group'; id: number | null };

/** The place that is shown, following the address. */
export function usePlace(): Place {
  const [place, setPlace] = useState(currentPlace);
  useEffect(() => {
    const follow = () => setPlace(currentPlace());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return place;
}

const currentPlace = (): Place => placeOf(location.hash);

export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const parameters = new URLSearchParams(query);
  const [view, id] = path.split('/');
  const named = idOf(id);
  if (view === 'users' && named === undefined) {
    const page = Number(parameters.get('page'));
    return {
      view,
      search: parameters.get('search') ?? '',
      page: Number.isInteger(page) && page > 0 ? page : 1,
    };
  }
  if (view === 'groups' && named === undefined) return { view };
  if (view === 'users') return { view: 'user', id: named ?? null };
  if (view === 'groups') return { view: 'group', id: named ?? null };
  return { view: 'profile' };
}

/** None (null) for what is yet to be created; undefined for what is no id. */
function idOf(segment = ''): number | null | undefined {
  if (segment === 'new') return null;
  return /^\d{1,15}$/.test(segment) ? Number(segment) : undefined;
}

export function hashOf(place: Place): string {
  switch (place.view) {
    case 'profile':
    case 'groups':
      return `#/${place.view}`;
    case 'user':
    case 'group':
      return `#/${place.view}s/${place.id ?? 'new'}`;
    case 'users': {
      const query = new URLSearchParams({
        ...(place.search === '' ? {} : { search: place.search }),
        ...(place.page === 1 ? {} : { page: String(place.page) }),
      }).toString();
      return `#/users${query === '' ? '' : `?${query}`}`;
    }
  }
}

export function goTo(place: Place): void {
  location.hash = hashOf(place);
}
