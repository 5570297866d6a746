import * as z from 'zod/mini';
import { DomainError } from '../core/errors.ts';
import type { Page, Slice } from '../core/pages.ts';
import { documentation, lazily } from './documentation.ts';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 200;

export const pageQuery = lazily(() =>
  z.object({
    page: z
      .optional(z.string())
      .register(documentation, { type: 'integer', example: 1, description: 'Counted from 1.' }),
    page_size: z.optional(z.string()).register(documentation, {
      type: 'integer',
      example: DEFAULT_PAGE_SIZE,
      description: `At most ${MAX_PAGE_SIZE}.`,
    }),
  }),
);

export type PageQuery = z.output<ReturnType<typeof pageQuery>>;
export type Pager = Slice & { number: number; url: URL };

export const isPaged = (query: PageQuery): boolean =>
  query.page !== undefined || query.page_size !== undefined;

/** What can be no size gets the default, as clients of the reference expect. */
export const pageSizeOf = (query: Pick<PageQuery, 'page_size'>): number =>
  Math.min(wholeNumber(query.page_size ?? '') ?? DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);

/** @throws DomainError `not_found` for a page that cannot be, as clients of the reference expect. */
export function pagerOf(query: PageQuery, url: URL): Pager {
  const number = wholeNumber(query.page ?? '1');
  const limit = pageSizeOf(query);
  if (number === undefined) throw invalidPage();
  return { number, limit, offset: (number - 1) * limit, url };
}

/** @throws DomainError `not_found` for a page behind the last one. */
export function answerPage<Row, Shown>(
  page: Page<Row>,
  pager: Pager,
  rows: (row: Row) => Shown,
): { count: number; next: string | null; previous: string | null; results: Shown[] } {
  const { number, limit } = pager;
  if (number > 1 && page.rows.length === 0) throw invalidPage();
  const next = number * limit < page.count ? linkTo(pager, number + 1) : null;
  const previous = number > 1 ? linkTo(pager, number - 1) : null;
  return { count: page.count, next, previous, results: page.rows.map(rows) };
}

/** The envelope that clients of Django REST Framework page through. */
export const pageSchema = <Row extends z.ZodMiniType>(row: Row) =>
  z.object({
    count: z.int().register(documentation, { example: 1, description: 'Rows in all.' }),
    next: link('https://accounts.example.com/api/accounts/users/?page=3'),
    previous: link('https://accounts.example.com/api/accounts/users/?page=1'),
    results: z.array(row),
  });

/** What a list answers: a bare array or, when a page is asked for, the envelope under `name`. */
export const arrayOrPage = <Row extends z.ZodMiniType>(row: Row, name: string) =>
  z.union([z.array(row), pageSchema(row).register(documentation, { id: name })]);

const link = (example: string) => z.nullable(z.url()).register(documentation, { example });

const invalidPage = (): DomainError => new DomainError('not_found', 'Invalid page.');

/** A positive whole number small enough to count rows with. */
const wholeNumber = (text: string): number | undefined =>
  /^0*[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;

function linkTo({ url }: Pager, number: number): string {
  const link = new URL(url);
  link.searchParams.set('page', String(number));
  return link.href;
}
