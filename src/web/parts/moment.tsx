const SHORT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** A time as people here write it. */
export function Moment({ at, never = 'never' }: { at: string | null; never?: string }) {
  return at === null ? never : <time datetime={at}>{SHORT.format(new Date(at))}</time>;
}
