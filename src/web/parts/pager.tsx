import { hashOf, type Place } from '../address.ts';

type PagerProps = { page: number; pageSize: number; count: number; placeOf: (page: number) => Place };

/** Which rows of how many are shown, and the ways to the others. Both stay, so that the focus does. */
export function Pager({ page, pageSize, count, placeOf }: PagerProps) {
  const first = (page - 1) * pageSize + 1;
  const last = Math.min(page * pageSize, count);
  return (
    <nav class="pager" aria-label="Pages">
      <span role="status">
        {first} to {last} of {count}
      </span>
      <Way label="Previous" to={page > 1 ? placeOf(page - 1) : null} />
      <Way label="Next" to={last < count ? placeOf(page + 1) : null} />
    </nav>
  );
}

function Way({ label, to }: { label: string; to: Place | null }) {
  const target = to === null ? { role: 'link', 'aria-disabled': 'true', tabindex: -1 } : { href: hashOf(to) };
  return (
    <a class="button plain" {...target}>
      {label}
    </a>
  );
}
