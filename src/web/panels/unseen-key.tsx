import { useState } from 'hono/jsx/dom';
import type { CreatedKey, User } from '../answers.ts';
import { send } from '../login.ts';
import { mayI, useMe } from '../me.ts';
import { Button } from '../parts/button.tsx';
import { type Question, useQuestions } from '../parts/question.tsx';
import { NewKey } from './new-key.tsx';

type UnseenKeyProps = {
  owner: Pick<User, 'id' | 'username' | 'api_key_preview'>;
  again: () => Promise<void>;
};

/** The API key of a user, for those who may make or revoke it and not see the list: whether there is one is known. */
export function UnseenKey({ owner, again }: UnseenKeyProps) {
  const me = useMe();
  const [created, setCreated] = useState<string | null>(null);
  const { ask, tell, place } = useQuestions();
  const { id, username, api_key_preview: preview } = owner;

  const making: Question = {
    title: 'Make an API key?',
    explanation: `A key that ${username} has stops working at once. The new one is shown once.`,
    action: 'Make key',
    act: async () => {
      const { key } = await send<CreatedKey>('POST', 'api-keys/generate/', { user_id: id });
      setCreated(key);
      tell('');
      await again();
    },
  };
  const revoking: Question = {
    title: 'Revoke the API key?',
    explanation: `The key of ${username} stops working at once, and cannot be brought back.`,
    action: 'Revoke key',
    act: async () => {
      await send('POST', 'api-keys/revoke/', { user_id: id });
      setCreated(null);
      tell('The key is revoked.');
      await again();
    },
  };
  return (
    <section class="card stack" aria-labelledby="api-keys">
      <h2 id="api-keys">API key</h2>
      {created !== null && <NewKey key={created} value={created} onClose={() => setCreated(null)} />}
      <p>{preview === null ? 'There is no key.' : <code>{preview}</code>}</p>
      <div class="actions">
        {mayI(me, 'add_apikey') && <Button onClick={() => ask(making)}>Make key</Button>}
        {mayI(me, 'delete_apikey') && preview !== null && (
          <Button onClick={() => ask(revoking)}>Revoke</Button>
        )}
      </div>
      {place}
    </section>
  );
}
