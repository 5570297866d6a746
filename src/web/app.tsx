import { useEffect, useState } from 'hono/jsx/dom';
import { Frame } from './frame.tsx';
import { look, signOut, start, type Who } from './login.ts';
import { MeContext } from './me.ts';
import { Show } from './parts/loaded.tsx';
import { CurrentView } from './views/current.tsx';
import { SetUp } from './views/set-up.tsx';
import { SignIn, SignInAgain } from './views/sign-in.tsx';

/** The whole page: who is here decides what it shows. */
export function App() {
  const [who, setWho] = useState<Who>({ state: 'unknown' });
  useEffect(() => start(setWho), []);
  if (who.state !== 'signed in') return <Outside who={who} />;
  const { me, isAsked } = who;
  return (
    <MeContext.Provider value={me}>
      <CurrentView key={me.id} />
      {isAsked && <SignInAgain username={me.username} onLeave={signOut} />}
    </MeContext.Provider>
  );
}

/** What is shown while nobody is signed in. Each has a frame of its own, so that none moves into another's place. */
function Outside({ who }: { who: Exclude<Who, { state: 'signed in' }> }) {
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
          <SetUp state={who.setUp} />
        </Frame>
      );
    case 'signed out':
      return (
        <Frame key={who.state} title="Sign in" isNarrow={true}>
          <SignIn />
        </Frame>
      );
  }
}
