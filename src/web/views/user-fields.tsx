import type { Group, User } from '../answers.ts';
import { isAdmin, useMe } from '../me.ts';
import { Check, Choice, Field } from '../parts/field.tsx';
import { entry, type Problems } from '../parts/form.tsx';
import { levelName, levelOptions } from './user-level.ts';

type UserFieldsProps = {
  user: User | null;
  groups: readonly Group[];
  problems: Problems;
  isReadOnly?: boolean;
};

const DEFAULT_LEVEL = 1;

/** What an administrator sees and changes of a user. */
export function UserFields({ user, groups, problems, isReadOnly = false }: UserFieldsProps) {
  const text = (name: 'first_name' | 'last_name' | 'email', label: string) => (
    <Field
      label={label}
      name={name}
      type={name === 'email' ? 'email' : 'text'}
      value={user?.[name] ?? ''}
      readOnly={isReadOnly}
      problems={problems[name]}
    />
  );
  return (
    <>
      <Field
        label="Username"
        name="username"
        value={user?.username ?? ''}
        required={true}
        readOnly={isReadOnly}
        maxLength={150}
        problems={problems['username']}
      />
      <div class="pair">
        {text('first_name', 'First name')}
        {text('last_name', 'Last name')}
      </div>
      {text('email', 'Email')}
      <Rights user={user} groups={groups} problems={problems} isReadOnly={isReadOnly} />
    </>
  );
}

/** Given by admins alone. */
function Rights({ user, groups, problems, isReadOnly }: UserFieldsProps) {
  const me = useMe();
  const level = user?.user_level ?? DEFAULT_LEVEL;
  if (isReadOnly || !isAdmin(me))
    return user === null ? null : (
      <Field label="Level" name="level" value={levelName(level)} readOnly={true} />
    );
  return (
    <>
      <Choice
        label="Level"
        name="user_level"
        value={String(level)}
        options={levelOptions(level)}
        hint="An admin may do everything. Others may do what their groups may."
        problems={problems['user_level']}
      />
      {groups.length > 0 && (
        <fieldset class="many">
          <legend>Groups</legend>
          {groups.map(({ id, name }) => (
            <Check
              key={id}
              label={name}
              name="groups"
              value={String(id)}
              checked={user?.groups.includes(id) ?? false}
            />
          ))}
        </fieldset>
      )}
    </>
  );
}

/** The members that were entered differently from what they are, so that nothing else is written over. */
export function changesIn(
  entered: FormData,
  user: User | null,
  groups: readonly Group[],
): Record<string, unknown> {
  const texts = ['username', 'first_name', 'last_name', 'email'] as const;
  const changes: Record<string, unknown> = {};
  for (const name of texts)
    if (entry(entered, name) !== (user?.[name] ?? '')) changes[name] = entry(entered, name);
  if (!entered.has('user_level')) return changes;
  const level = Number(entry(entered, 'user_level'));
  if (level !== user?.user_level) changes['user_level'] = level;
  const chosen = entered.getAll('groups').map(Number);
  const before = groups.map(({ id }) => id).filter((id) => user?.groups.includes(id));
  if (chosen.join() !== before.join()) changes['groups'] = chosen;
  return changes;
}
