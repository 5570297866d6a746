import { hashOf, type Place } from '../address.ts';

type PagerProps = { page: number; pageSize: number; count: number; placeOf: (page: number) => Place };

/** Which rows of how many are shown, and the ways to the others. */
export function Pager({ page, pageSize, count, placeOf }: PagerProps) {
  const first = (page - 1) * pageSize + 1;
  const last = Math.min(page * pageSize, count);
  return (
    <nav class="pager" aria-label="Pages">
      <span>
        {first} to {last} of {count}
      </span>
      {page > 1 && (
        <a class="button plain" href={hashOf(placeOf(page - 1))}>
          Previous
        </a>
      )}
      {last < count && (
        <a class="button plain" href={hashOf(placeOf(page + 1))}>
          Next
        </a>
      )}
    </nav>
  );
}
