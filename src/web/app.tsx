import { useEffect, useRef, useState } from 'hono/jsx/dom';
import type { Me, SuperuserState } from './answers.ts';
import { Frame } from './frame.tsx';
import { asApiError } from './loading.ts';
import {
  forget,
  isLeaving,
  leave,
  onLoginElsewhere,
  onLoginEnded,
  resume,
  SignedOut,
  send,
  sendAsAnyone,
} from './login.ts';
import { SignedInContext } from './me.ts';
import { Show } from './parts/loaded.tsx';
import type { ApiError } from './requests.ts';
import { CurrentView } from './views/current.tsx';
import { SetUp } from './views/set-up.tsx';
import { SignIn, SignInAgain } from './views/sign-in.tsx';

type Who =
  | { state: 'unknown' }
  /** `isLeaving` while a login is still to be ended. */
  | { state: 'unreachable'; error: ApiError; isLeaving: boolean }
  | { state: 'nobody yet'; setUp: SuperuserState }
  | { state: 'signed out' }
  | { state: 'signed in'; me: Me };

async function whoIsIt(): Promise<Who> {
  try {
    if (await resume()) return { state: 'signed in', me: await send<Me>('GET', 'users/me/') };
    const setUp = await sendAsAnyone<SuperuserState>('GET', 'initialize-superuser/');
    return setUp.superuser_exists ? { state: 'signed out' } : { state: 'nobody yet', setUp };
  } catch (cause) {
    if (!(cause instanceof SignedOut))
      return { state: 'unreachable', error: asApiError(cause), isLeaving: isLeaving() };
    forget();
    return { state: 'signed out' };
  }
}

/** A request that waits for the password. */
type Waiting = { goOn: () => void; giveUp: (reason: SignedOut) => void };

/** The whole page: who is here decides what it shows. */
export function App() {
  const [who, setWho] = useState<Who>({ state: 'unknown' });
  const [isAsking, setAsking] = useState(false);
  const waiting = useRef<Waiting | null>(null);
  const looks = useRef(0);

  /** Shows who is here; what an earlier look finds out after that is old. */
  async function look(): Promise<void> {
    looks.current += 1;
    const mine = looks.current;
    const found = await whoIsIt();
    if (mine === looks.current) setWho(found);
  }
  function settle(end: (of: Waiting) => void): void {
    if (waiting.current !== null) end(waiting.current);
    waiting.current = null;
    setAsking(false);
  }
  const giveUp = (): void => settle((of) => of.giveUp(new SignedOut()));

  function lookAnew(): void {
    giveUp();
    setWho({ state: 'unknown' });
    void look();
  }
  function signOut(): void {
    leave();
    lookAnew();
  }

  useEffect(() => {
    onLoginElsewhere(() => {
      forget();
      lookAnew();
    });
    void look();
  }, []);
  useEffect(() => {
    const ask = (): Promise<void> =>
      new Promise((goOn, fail) => {
        waiting.current = { goOn, giveUp: fail };
        setAsking(true);
      });
    onLoginEnded(who.state === 'signed in' ? ask : null);
  }, [who.state]);

  if (who.state !== 'signed in') return <Outside who={who} look={look} />;
  const { me } = who;
  const changed = (next: Me): void =>
    setWho((now) => (now.state === 'signed in' && now.me.id === next.id ? { ...now, me: next } : now));
  return (
    <SignedInContext.Provider value={{ me, changed, signOut }}>
      <CurrentView key={me.id} />
      {isAsking && (
        <SignInAgain username={me.username} onDone={() => settle((of) => of.goOn())} onLeave={signOut} />
      )}
    </SignedInContext.Provider>
  );
}

type OutsideProps = { who: Exclude<Who, { state: 'signed in' }>; look: () => Promise<void> };

/** What is shown while nobody is signed in. Each has a frame of its own, so that none moves into another's place. */
function Outside({ who, look }: OutsideProps) {
  switch (who.state) {
    case 'unknown':
      return (
        <Frame key={who.state} title="Edge Accounts" isNarrow={true}>
          <div class="placeholder" role="status">
            Loading …
          </div>
        </Frame>
      );
    case 'unreachable':
      return (
        <Frame
          key={who.state}
          title={who.isLeaving ? 'You are not signed out yet' : 'Not reachable'}
          isNarrow={true}
        >
          <Show loaded={{ state: 'failed', error: who.error }} again={look}>
            {() => null}
          </Show>
        </Frame>
      );
    case 'nobody yet':
      return (
        <Frame key={who.state} title="Set up" isNarrow={true}>
          <SetUp state={who.setUp} onDone={look} />
        </Frame>
      );
    case 'signed out':
      return (
        <Frame key={who.state} title="Sign in" isNarrow={true}>
          <SignIn onDone={look} />
        </Frame>
      );
  }
}
