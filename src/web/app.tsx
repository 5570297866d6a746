import { useEffect, useState } from 'hono/jsx/dom';
import type { Me, SuperuserState } from './answers.ts';
import {
  type ApiError,
  onLoginElsewhere,
  onLoginEnded,
  resume,
  SignedOut,
  send,
  sendAsAnyone,
  signOut,
} from './api.ts';
import { Frame } from './frame.tsx';
import { asApiError } from './loading.ts';
import { SignedInContext } from './me.ts';
import { Show } from './parts/loaded.tsx';
import { CurrentView } from './views/current.tsx';
import { SetUp } from './views/set-up.tsx';
import { SignIn, SignInAgain } from './views/sign-in.tsx';

type Who =
  | { state: 'unknown' }
  | { state: 'unreachable'; error: ApiError }
  | { state: 'nobody yet'; setUp: SuperuserState }
  | { state: 'signed out' }
  | { state: 'signed in'; me: Me };

async function whoIsIt(): Promise<Who> {
  try {
    if (await resume()) return { state: 'signed in', me: await send<Me>('GET', 'users/me/') };
    const setUp = await sendAsAnyone<SuperuserState>('GET', 'initialize-superuser/');
    return setUp.superuser_exists ? { state: 'signed out' } : { state: 'nobody yet', setUp };
  } catch (cause) {
    return cause instanceof SignedOut
      ? { state: 'signed out' }
      : { state: 'unreachable', error: asApiError(cause) };
  }
}

type Waiting = { goOn: () => void; giveUp: (reason: SignedOut) => void };

/** The whole page: who is here decides what it shows. */
export function App() {
  const [who, setWho] = useState<Who>({ state: 'unknown' });
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  const look = async (): Promise<void> => setWho(await whoIsIt());
  const leave = (): void => {
    setWaiting(null);
    setWho({ state: 'signed out' });
  };
  useEffect(() => {
    onLoginEnded(() => new Promise((goOn, giveUp) => setWaiting({ goOn, giveUp })));
    onLoginElsewhere((isSignedIn) => (isSignedIn ? void look() : leave()));
    void look();
  }, []);

  async function endLogin(): Promise<void> {
    leave();
    await signOut().catch((cause) => setWho({ state: 'unreachable', error: asApiError(cause) }));
  }

  switch (who.state) {
    case 'unknown':
      return (
        <Frame key={who.state} title="Edge Accounts">
          <div class="placeholder" role="status">
            Loading …
          </div>
        </Frame>
      );
    case 'unreachable':
      return (
        <Frame key={who.state} title="Edge Accounts">
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
    case 'signed in':
      return (
        <SignedInContext.Provider
          value={{ me: who.me, changed: (me) => setWho({ state: 'signed in', me }), signOut: endLogin }}
        >
          <CurrentView />
          {waiting !== null && (
            <SignInAgain
              username={who.me.username}
              onDone={() => {
                setWaiting(null);
                waiting.goOn();
              }}
              onLeave={() => {
                waiting.giveUp(new SignedOut());
                leave();
              }}
            />
          )}
        </SignedInContext.Provider>
      );
  }
}
