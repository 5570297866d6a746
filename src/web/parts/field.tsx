import { type Child, useEffect, useId, useRef } from 'hono/jsx/dom';

type FieldProps = {
  label: string;
  name: string;
  /** What the server said is wrong with it. */
  problems?: readonly string[] | undefined;
  hint?: Child;
  type?: 'text' | 'email' | 'password' | 'search';
  value?: string;
  required?: boolean;
  readOnly?: boolean;
  autoComplete?: string;
  /** Whether it takes the focus once it is shown. */
  autoFocus?: boolean;
  minLength?: number;
  maxLength?: number;
};

/** A labelled input. Its value is the browser's until the form is sent. */
export function Field(props: FieldProps) {
  const { label, name, problems = [], hint, type = 'text', value = '', ...rest } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (rest.autoFocus) input.current?.focus();
  }, []);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        ref={input}
        name={name}
        type={type}
        value={value}
        {...describedBy(id, hint, problems)}
        {...attributesOf(rest, type)}
      />
      <Explained id={id} hint={hint} problems={problems} />
    </div>
  );
}

function attributesOf(
  {
    required = false,
    autoFocus = false,
    readOnly = false,
    autoComplete = 'off',
    minLength,
    maxLength,
  }: Partial<FieldProps>,
  type: string,
) {
  return {
    required,
    // Where it stands in a dialog, the browser gives it the focus when that opens.
    autofocus: autoFocus,
    readonly: readOnly,
    autocomplete: autoComplete,
    // Passwords and names are taken as they are typed.
    ...(type === 'search' ? {} : { spellcheck: false, autocapitalize: 'none' as const }),
    ...(minLength === undefined ? {} : { minlength: minLength }),
    ...(maxLength === undefined ? {} : { maxlength: maxLength }),
  };
}

/** Tells password managers whose password a form is about. */
export const ForUser = ({ username }: { username: string }) => (
  <input type="text" name="username" value={username} autocomplete="username" readonly={true} hidden={true} />
);

type ChoiceProps = {
  label: string;
  name: string;
  value: string;
  options: readonly { value: string; label: string }[];
  problems?: readonly string[] | undefined;
  hint?: Child;
};

export function Choice({ label, name, value, options, problems = [], hint }: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name} {...describedBy(id, hint, problems)}>
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
      <Explained id={id} hint={hint} problems={problems} />
    </div>
  );
}

type CheckProps = { label: string; name: string; value?: string; checked: boolean; hint?: Child };

export function Check({ label, name, value = 'yes', checked, hint }: CheckProps) {
  const id = useId();
  return (
    <div class="check">
      <input
        id={id}
        type="checkbox"
        name={name}
        value={value}
        checked={checked}
        {...describedBy(id, hint, [])}
      />
      <label for={id}>{label}</label>
      <Explained id={id} hint={hint} problems={[]} />
    </div>
  );
}

function describedBy(id: string, hint: Child, problems: readonly string[]) {
  const ids = [
    ...(problems.length > 0 ? [`${id}-problem`] : []),
    ...(hint === undefined ? [] : [`${id}-hint`]),
  ];
  return {
    ...(ids.length === 0 ? {} : { 'aria-describedby': ids.join(' ') }),
    ...(problems.length === 0 ? {} : { 'aria-invalid': 'true' }),
  };
}

function Explained({ id, hint, problems }: { id: string; hint: Child; problems: readonly string[] }) {
  return (
    <>
      {problems.length > 0 && (
        <p id={`${id}-problem`} class="problem">
          {problems.join(' ')}
        </p>
      )}
      {hint !== undefined && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </>
  );
}
