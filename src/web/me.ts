import { createContext, useContext } from 'hono/jsx/dom';
import type { Me, Permission } from './answers.ts';

export type SignedIn = {
  me: Me;
  /** Takes what the service answered of oneself. */
  changed: (me: Me) => void;
  signOut: () => void;
};

export const SignedInContext = createContext<SignedIn | null>(null);

/** Whoever is signed in; only for what is shown then. */
export function useSignedIn(): SignedIn {
  const signedIn = useContext(SignedInContext);
  if (signedIn === null) throw new Error('nobody is signed in');
  return signedIn;
}

export const mayI = ({ permissions }: Me, permission: Permission['codename']): boolean =>
  permissions.includes(permission);

/** Levels and groups are given by admins alone. */
export const isAdmin = ({ user_level }: Pick<Me, 'user_level'>): boolean => user_level >= 10;
