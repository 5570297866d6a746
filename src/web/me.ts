import { createContext, useContext } from 'hono/jsx/dom';
import type { Me, Permission } from './answers.ts';

/** Whoever is signed in; null where nobody is. */
export const MeContext = createContext<Me | null>(null);

/** Only for what is shown while somebody is signed in. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === null) throw new Error('nobody is signed in');
  return me;
}

export const mayI = ({ permissions }: Me, permission: Permission['codename']): boolean =>
  permissions.includes(permission);

/** Levels and groups are given by admins alone. */
export const isAdmin = ({ user_level }: Pick<Me, 'user_level'>): boolean => user_level >= 10;
