// What the tabs of a browser tell each other of its login, which is one for all: no secret, and no proof.

export type Note = {
  /** `ended` of itself: each tab finds that out, and may hold what somebody has typed. `leaving`: it is to be ended. */
  state: 'signed in' | 'ended' | 'leaving' | 'signed out';
  userId: string;
};

const KEY = 'login';
const NOBODY: Note = { state: 'signed out', userId: '' };

/** What this tab wrote, where the browser keeps nothing for us. */
let own: Note | null = null;

export function note(state: Note['state'], userId: string): void {
  const written: Note = { state, userId };
  try {
    localStorage.setItem(KEY, JSON.stringify(written));
    own = null;
  } catch {
    own = written;
  }
}

export function noted(): Note {
  if (own !== null) return own;
  try {
    return parse(localStorage.getItem(KEY));
  } catch {
    return NOBODY;
  }
}

function parse(text: string | null): Note {
  try {
    const { state, userId } = JSON.parse(text ?? '');
    return { state, userId: String(userId) };
  } catch {
    return NOBODY;
  }
}

/** Calls back with what another tab wrote. */
export function onNote(act: (written: Note) => void): void {
  addEventListener('storage', ({ key, newValue }) => {
    if (key === KEY) act(parse(newValue));
  });
}
