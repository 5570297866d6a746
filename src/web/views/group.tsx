import { goTo, hashOf } from '../address.ts';
import type { Group, Permission } from '../answers.ts';
import { Frame } from '../frame.tsx';
import { useLoaded } from '../loading.ts';
import { send } from '../login.ts';
import { isAdmin, mayI, useMe } from '../me.ts';
import { Button } from '../parts/button.tsx';
import { Check, Field } from '../parts/field.tsx';
import { entry, Form } from '../parts/form.tsx';
import { Show } from '../parts/loaded.tsx';
import { type Question, useQuestions } from '../parts/question.tsx';

/** One group: made, changed, deleted. */
export function GroupView({ id }: { id: number | null }) {
  const me = useMe();
  const load = async () => ({
    group: id === null ? null : await send<Group>('GET', `groups/${id}/`),
    permissions: mayI(me, 'view_permission') ? await send<Permission[]>('GET', 'permissions/') : null,
  });
  const [loaded, again] = useLoaded(load, String(id));
  const title =
    id === null ? 'New group' : loaded.state === 'ready' ? (loaded.data.group?.name ?? '') : 'Group';
  return (
    <Frame title={title} section="groups" beside={<a href={hashOf({ view: 'groups' })}>All groups</a>}>
      <section class="card" aria-label={title}>
        <Show loaded={loaded} again={again}>
          {({ group, permissions }) => <Editor group={group} permissions={permissions} again={again} />}
        </Show>
      </section>
    </Frame>
  );
}

type EditorProps = {
  group: Group | null;
  /** Null for those who may not see what there is. */
  permissions: readonly Permission[] | null;
  again: () => Promise<void>;
};

function Editor({ group, permissions, again }: EditorProps) {
  const me = useMe();
  const { ask, place } = useQuestions();
  const save = async (entered: FormData): Promise<string | undefined> => {
    const body = { name: entry(entered, 'name'), permissions: entered.getAll('permissions').map(Number) };
    if (group === null) {
      goTo({ view: 'group', id: (await send<Group>('POST', 'groups/', body)).id });
      return undefined;
    }
    await send('PATCH', `groups/${group.id}/`, body);
    await again();
    return 'Saved. It holds from the next request of each member on.';
  };
  const fields = (problem?: readonly string[]) => (
    <>
      <Field
        label="Name"
        name="name"
        value={group?.name ?? ''}
        required={true}
        readOnly={!isAdmin(me)}
        maxLength={150}
        problems={problem}
      />
      {permissions === null ? (
        <p>It has {group?.permissions.length ?? 0} permissions.</p>
      ) : (
        <Permissions all={permissions} given={group?.permissions ?? []} />
      )}
    </>
  );
  if (!isAdmin(me)) return fields();
  return (
    <>
      <Form
        label="Group"
        action={group === null ? 'Create group' : 'Save'}
        send={save}
        beside={
          group !== null && (
            <Button kind="danger" onClick={() => ask(deleting(group))}>
              Delete
            </Button>
          )
        }
      >
        {(problems) => fields(problems['name'])}
      </Form>
      {place}
    </>
  );
}

function Permissions({ all, given }: { all: readonly Permission[]; given: readonly number[] }) {
  const me = useMe();
  return (
    <fieldset class="choices" disabled={!isAdmin(me)}>
      <legend>Members may</legend>
      {all.map(({ id, name }) => (
        <Check
          key={id}
          label={name.replace(/^Can /, '')}
          name="permissions"
          value={String(id)}
          checked={given.includes(id)}
        />
      ))}
    </fieldset>
  );
}

const deleting = ({ id, name }: Group): Question => ({
  title: `Delete ${name}?`,
  explanation: 'Its members lose at once what they may do by this group. The users stay.',
  action: 'Delete group',
  act: async () => {
    await send('DELETE', `groups/${id}/`);
    goTo({ view: 'groups' });
  },
});
