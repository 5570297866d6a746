import type { Child } from 'hono/jsx/dom';
import { Field } from './field.tsx';

type PasswordProps = {
  label?: string;
  name?: string;
  problems: readonly string[] | undefined;
  hint?: Child;
  autoFocus?: boolean;
};

/** A password that somebody has: password managers fill it in. */
export const KnownPassword = (props: PasswordProps) => (
  <Password {...props} autoComplete="current-password" />
);

/** One that is given: password managers offer to make it, and keep it. */
export const NewPassword = (props: PasswordProps) => <Password {...props} autoComplete="new-password" />;

const Password = ({
  label = 'Password',
  name = 'password',
  ...rest
}: PasswordProps & { autoComplete: string }) => (
  <Field label={label} name={name} type="password" required={true} {...rest} />
);
