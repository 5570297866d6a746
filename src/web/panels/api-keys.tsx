import { useState } from 'hono/jsx/dom';
import type { ApiKey, CreatedKey, PageOf, User } from '../answers.ts';
import { send } from '../api.ts';
import { useLoaded } from '../loading.ts';
import { mayI, useSignedIn } from '../me.ts';
import { Button } from '../parts/button.tsx';
import { Confirm, type Question } from '../parts/confirm.tsx';
import { Form } from '../parts/form.tsx';
import { Show } from '../parts/loaded.tsx';
import { Notice } from '../parts/notice.tsx';
import { KeyTable } from './key-table.tsx';
import { NewKey } from './new-key.tsx';

const personal = (keys: readonly ApiKey[]): ApiKey | undefined => keys.find(({ name }) => name === '');

/** The API keys of a user, oneself or another: what there is of them, a new one, and their end. */
export function ApiKeys({ owner }: { owner: Pick<User, 'id' | 'username'> }) {
  const { me } = useSignedIn();
  const isOwn = owner.id === me.id;
  const load = () => send<PageOf<ApiKey>>('GET', `api-keys/?page_size=200&user_id=${owner.id}`);
  const [loaded, again] = useLoaded(load, `keys of ${owner.id}`);
  const [created, setCreated] = useState<string | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const [done, setDone] = useState('');

  async function create(): Promise<void> {
    const answer = await send<CreatedKey>('POST', 'api-keys/generate/', isOwn ? {} : { user_id: owner.id });
    setCreated(answer.key);
    setDone('');
    await again();
  }
  /** A key may have been made elsewhere since this page looked. */
  async function createUnlessLive(): Promise<undefined> {
    const live = personal((await load()).results);
    if (live === undefined) return void (await create());
    setQuestion(replacing(live, create));
  }
  async function revoke({ id, key_preview }: ApiKey): Promise<void> {
    await send('DELETE', `api-keys/${id}/`);
    setCreated(null);
    setDone(`${key_preview} is revoked.`);
    await again();
  }

  const [whose, who] = isOwn ? ['your', 'you'] : [`${owner.username}’s`, owner.username];
  return (
    <section class="card stack" aria-labelledby="api-keys">
      <div>
        <h2 id="api-keys">API key</h2>
        <p>
          A program that sends {whose} key acts as {who}, without a password.
        </p>
      </div>
      {created !== null && <NewKey value={created} onClose={() => setCreated(null)} />}
      <Show loaded={loaded} again={again}>
        {({ results: keys }) => (
          <>
            <KeyTable
              keys={keys}
              mayRevoke={isOwn || mayI(me, 'delete_apikey')}
              onRevoke={(key) => setQuestion(revoking(key, () => revoke(key)))}
            />
            {(isOwn || mayI(me, 'add_apikey')) && (
              <Creation
                live={personal(keys)}
                create={createUnlessLive}
                replace={(live) => setQuestion(replacing(live, create))}
              />
            )}
          </>
        )}
      </Show>
      <Notice kind="done">{done}</Notice>
      {question !== null && <Confirm question={question} onClose={() => setQuestion(null)} />}
    </section>
  );
}

type CreationProps = {
  live: ApiKey | undefined;
  create: () => Promise<undefined>;
  replace: (live: ApiKey) => void;
};

function Creation({ live, create, replace }: CreationProps) {
  if (live !== undefined) {
    return (
      <div class="actions">
        <Button onClick={() => replace(live)}>Replace key</Button>
      </div>
    );
  }
  return (
    <Form label="Generate an API key" action="Generate key" send={create}>
      {() => null}
    </Form>
  );
}

const replacing = (live: ApiKey, act: () => Promise<void>): Question => ({
  title: 'Replace the API key?',
  explanation: (
    <>
      <code>{live.key_preview}</code> stops working at once. Whatever uses it needs the new key, which is
      shown once.
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
