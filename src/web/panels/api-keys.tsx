import { useRef, useState } from 'hono/jsx/dom';
import type { ApiKey, ApiKeyPage, CreatedKey, User } from '../answers.ts';
import { useLoaded } from '../loading.ts';
import { send } from '../login.ts';
import { mayI, useMe } from '../me.ts';
import { focusHeading } from '../parts/focus.ts';
import { Form } from '../parts/form.tsx';
import { Show } from '../parts/loaded.tsx';
import { type Question, useQuestions } from '../parts/question.tsx';
import { KeyTable } from './key-table.tsx';
import { NewKey } from './new-key.tsx';

/** The API keys of a user, oneself or another: what there is of them, a new one, and their end. */
export function ApiKeys({ owner }: { owner: Pick<User, 'id' | 'username'> }) {
  const me = useMe();
  const isOwn = owner.id === me.id;
  const load = () => allKeysOf(owner.id);
  const [loaded, again] = useLoaded(load, `keys of ${owner.id}`);
  const [created, setCreated] = useState<string | null>(null);
  const { ask, tell, place } = useQuestions();
  const section = useRef<HTMLElement>(null);

  async function create(): Promise<void> {
    const answer = await send<CreatedKey>('POST', 'api-keys/generate/', isOwn ? {} : { user_id: owner.id });
    setCreated(answer.key);
    tell('');
    await again();
  }
  /** Asks where a live key ends by it; one may have been made elsewhere since this page looked. */
  async function createOrAsk(): Promise<undefined> {
    const ending = endedByAnother(await load());
    if (ending.length === 0) await create();
    else ask(replacing(ending, create));
  }
  async function revoke({ id, key_preview }: ApiKey): Promise<void> {
    await send('DELETE', `api-keys/${id}/`);
    setCreated(null);
    tell(`${key_preview} is revoked.`);
    await again();
  }
  function closeNewKey(): void {
    setCreated(null);
    focusHeading(section.current);
  }

  const [whose, who] = isOwn ? ['your', 'you'] : [`${owner.username}’s`, owner.username];
  return (
    <section ref={section} class="card stack" aria-labelledby="api-keys">
      <div>
        <h2 id="api-keys">API key</h2>
        <p>
          A program that sends {whose} key acts as {who}, without a password.
        </p>
      </div>
      {created !== null && <NewKey key={created} value={created} onClose={closeNewKey} />}
      <Show loaded={loaded} again={again}>
        {(page) => (
          <>
            <KeyTable
              keys={page.results}
              mayRevoke={isOwn || mayI(me, 'delete_apikey')}
              onRevoke={(key) => ask(revoking(key, () => revoke(key)))}
            />
            {(isOwn || mayI(me, 'add_apikey')) && (
              <Form
                label="Make an API key"
                action={endedByAnother(page).length === 0 ? 'Generate key' : 'Replace key'}
                send={createOrAsk}
              >
                {() => null}
              </Form>
            )}
          </>
        )}
      </Show>
      {place}
    </section>
  );
}

/** Every key, however many a user may have: one that is not seen could end without a question. */
async function allKeysOf(userId: number): Promise<ApiKeyPage> {
  const keys: ApiKey[] = [];
  for (let page = 1; ; page++) {
    const query = `page=${page}&page_size=200&user_id=${userId}`;
    const answer = await send<ApiKeyPage>('GET', `api-keys/?${query}`);
    keys.push(...answer.results);
    if (answer.next === null) return { ...answer, results: keys };
  }
}

/** The live keys that the next one ends: the personal one, or all where a user has but one. */
const endedByAnother = ({ results, keys_per_user }: ApiKeyPage): ApiKey[] =>
  keys_per_user === 1 ? results : results.filter(({ name }) => name === '');

const replacing = (ending: readonly ApiKey[], act: () => Promise<void>): Question => ({
  title: 'Replace the API key?',
  explanation: (
    <>
      {ending.map(({ id, key_preview, name }, index) => (
        <span key={id}>
          {index > 0 && ', '}
          <code>{key_preview}</code> {name}
        </span>
      ))}{' '}
      will stop working at once. Whatever uses it needs the new key, which is shown once.
    </>
  ),
  action: 'Replace key',
  act,
});

const revoking = (key: ApiKey, act: () => Promise<void>): Question => ({
  title: 'Revoke the API key?',
  explanation: (
    <>
      <code>{key.key_preview}</code> stops working at once, and cannot be brought back.
    </>
  ),
  action: 'Revoke key',
  act,
});
