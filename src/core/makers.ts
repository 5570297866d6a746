/**
 * Who made a key or set a password:
 * - `own`: its user, signed in
 * - `admin`: an admin, signed in with a password, or the operator's commands
 * - `other`: everyone else, and whatever an API key did, an admin's key included
 */
export type Maker = 'own' | 'admin' | 'other';
