// Where the password of `npm run admin:create` comes from: never from its arguments.

import * as z from 'zod/mini';
import { type PasswordPolicy, passwordProblem } from '../core/passwords.ts';
import { randomBytes } from '../core/secrets.ts';
import { newUserBody } from '../http/routes/user-bodies.ts';
import { UsageError } from './options.ts';
import { askSecretly, canAsk, readPipedLine } from './questions.ts';

const credentials = z.pick(newUserBody(), { username: true, password: true });

/** @throws UsageError unless both are what the API would take of a new user. */
export function assertAcceptable(policy: PasswordPolicy, user: { username: string; password: string }): void {
  const [problem] = credentials.safeParse(user).error?.issues ?? [];
  if (problem !== undefined) throw new UsageError(`${problem.path.join('.')}: ${problem.message}`);
  const refusal = passwordProblem(policy, user.password);
  if (refusal !== undefined) throw new UsageError(`password: ${refusal}`);
}

/** At least 144 random bits, in characters that nothing has to be quoted for. */
export function generatePassword({ passwordMinLength }: PasswordPolicy): string {
  return Buffer.from(randomBytes(Math.max(18, passwordMinLength))).toString('base64url');
}

/** Asked for twice at a terminal, else the one line that is piped in. @throws UsageError when the two differ. */
export async function readPassword(): Promise<string> {
  if (!canAsk()) return readPipedLine();
  const [password = '', repeated] = await askSecretly(['New password: ', 'The same again: ']);
  if (password !== repeated) throw new UsageError('They are not the same.');
  return password;
}
