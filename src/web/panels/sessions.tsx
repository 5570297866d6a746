import type { PageOf, Session, User } from '../answers.ts';
import { useLoaded } from '../loading.ts';
import { send, signOut } from '../login.ts';
import { mayI, useMe } from '../me.ts';
import { Button } from '../parts/button.tsx';
import { Show } from '../parts/loaded.tsx';
import { Moment } from '../parts/moment.tsx';
import { type Question, useQuestions } from '../parts/question.tsx';
import { TableHead } from '../parts/table-head.tsx';

const PAGE_SIZE = 200;

/** Where a user is signed in, and the end of that. */
export function Sessions({ owner }: { owner: Pick<User, 'id' | 'username'> }) {
  const me = useMe();
  const isOwn = owner.id === me.id;
  const load = () =>
    send<PageOf<Session>>('GET', `sessions/?page=1&page_size=${PAGE_SIZE}&user_id=${owner.id}`);
  const [loaded, again] = useLoaded(load, `sessions of ${owner.id}`);
  const { ask, tell, place } = useQuestions();

  const ending = (session: Session): Question => ({
    title: session.current ? 'Sign out here?' : `Sign out ${session.device}?`,
    explanation: session.current
      ? 'This is the login that you are using now.'
      : 'It needs the password to get back in. API keys go on working.',
    action: 'Sign out',
    isHarmless: true,
    act: async () => {
      if (session.current) return signOut();
      await send('DELETE', `sessions/${session.id}/`);
      tell(`${session.device} is signed out.`);
      await again();
    },
  });
  const endingOthers: Question = {
    title: 'Sign out everywhere else?',
    explanation: 'Every login but this one ends. API keys go on working.',
    action: 'Sign out all others',
    isHarmless: true,
    act: async () => {
      await send('POST', 'auth/logout/?scope=others');
      tell('You are signed out everywhere else.');
      await again();
    },
  };

  return (
    <section class="card stack" aria-labelledby="sessions">
      <h2 id="sessions">{isOwn ? 'Where you are signed in' : `Where ${owner.username} is signed in`}</h2>
      <Show loaded={loaded} again={again}>
        {({ count, results }) => (
          <>
            <SessionTable
              sessions={results}
              mayEnd={isOwn || mayI(me, 'delete_session')}
              onEnd={(session) => ask(ending(session))}
            />
            {count > results.length && (
              <p class="hint">
                The latest {results.length} of {count} are shown.
              </p>
            )}
            {isOwn && count > 1 && (
              <div class="actions">
                <Button onClick={() => ask(endingOthers)}>Sign out all others</Button>
              </div>
            )}
          </>
        )}
      </Show>
      {place}
    </section>
  );
}

type SessionTableProps = { sessions: readonly Session[]; mayEnd: boolean; onEnd: (session: Session) => void };

function SessionTable({ sessions, mayEnd, onEnd }: SessionTableProps) {
  if (sessions.length === 0) return <p class="empty">Nowhere.</p>;
  return (
    <table>
      <TableHead columns={['Device', 'From', 'Signed in', 'Last seen']} hasActions={true} />
      <tbody>
        {sessions.map((session) => (
          <tr key={session.id}>
            <th scope="row" data-label="Device">
              {session.device} {session.current && <span class="badge">this one</span>}
            </th>
            <td data-label="From">{placeOf(session)}</td>
            <td data-label="Signed in">
              <Moment at={session.created_at} />
            </td>
            <td data-label="Last seen">
              <Moment at={session.last_seen_at} />
            </td>
            <td class="end">
              {mayEnd && (
                <Button label={`Sign out ${session.device}`} onClick={() => onEnd(session)}>
                  Sign out
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const COUNTRIES = new Intl.DisplayNames(undefined, { type: 'region', fallback: 'code' });

const placeOf = ({ address, country }: Session): string =>
  [address ?? 'unknown', ...(country === null ? [] : [countryName(country)])].join(', ');

/** `T1` is Cloudflare's for Tor, and no region. */
const countryName = (code: string): string => (/^[A-Z]{2}$/.test(code) ? (COUNTRIES.of(code) ?? code) : code);
