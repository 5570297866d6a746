import { type Child, useContext, useEffect, useRef } from 'hono/jsx/dom';
import { hashOf, type Place } from './address.ts';
import type { Me } from './answers.ts';
import { signOut } from './login.ts';
import { MeContext, mayI } from './me.ts';
import { Button } from './parts/button.tsx';

const BRAND = 'Edge Accounts';

type FrameProps = {
  title: string;
  /** Which entry of the navigation it belongs to. */
  section?: Place['view'];
  children: Child;
  /** Stands beside the title. */
  beside?: Child;
  isNarrow?: boolean;
};

/** What is around every view: who is signed in, where one can go, and the title, which gets the focus. */
export function Frame({ title, section, children, beside, isNarrow = false }: FrameProps) {
  const me = useContext(MeContext);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = title === BRAND ? BRAND : `${title} · ${BRAND}`;
    // The first view is where a reader begins anyway; later ones take the place of what had the focus.
    if (document.activeElement === document.body) heading.current?.focus();
  }, [title]);
  return (
    <>
      <header>
        <div class="bar">
          <span class="brand">{BRAND}</span>
          {me !== null && <Navigation me={me} section={section} />}
          <Self me={me} />
        </div>
      </header>
      <main class={isNarrow ? 'narrow' : ''}>
        <div class="title">
          <h1 ref={heading} tabindex={-1}>
            {title}
          </h1>
          {beside}
        </div>
        {children}
      </main>
    </>
  );
}

function Navigation({ me, section }: { me: Me; section: Place['view'] | undefined }) {
  const places = [
    { label: 'Profile', place: { view: 'profile' } as const, isOffered: true },
    {
      label: 'Users',
      place: { view: 'users', search: '', page: 1 } as const,
      isOffered: mayI(me, 'view_user'),
    },
    {
      label: 'New user',
      place: { view: 'user', id: null } as const,
      isOffered: mayI(me, 'add_user') && !mayI(me, 'view_user'),
    },
    { label: 'Groups', place: { view: 'groups' } as const, isOffered: mayI(me, 'view_group') },
  ].filter(({ isOffered }) => isOffered);
  return (
    <nav aria-label="Main">
      <ul>
        {places.map(({ label, place }) => (
          <li key={label}>
            <a href={hashOf(place)} {...(place.view === section ? { 'aria-current': 'page' } : {})}>
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Self({ me }: { me: Me | null }) {
  return (
    <div class="self">
      <a href="/api/swagger/">API docs</a>
      {me !== null && (
        <>
          <span class="who">{me.username}</span>
          <Button onClick={signOut}>Sign out</Button>
        </>
      )}
    </div>
  );
}
