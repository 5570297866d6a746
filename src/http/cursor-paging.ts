import * as z from 'zod/mini';
import { DomainError } from '../core/errors.ts';
import type { Cursor, CursorPage } from '../core/pages.ts';
import { documentation, lazily } from './documentation.ts';
import { pageQuery } from './paging.ts';

export const cursorQuery = lazily(() =>
  z.extend(z.pick(pageQuery(), { page_size: true }), {
    cursor: z
      .optional(z.string())
      .register(documentation, { example: 'older-1234', description: 'As in `next` and `previous`.' }),
  }),
);

export type CursorQuery = z.output<ReturnType<typeof cursorQuery>>;

/** @throws DomainError `not_found` for a text that no answer gave. */
export function cursorOf({ cursor }: CursorQuery): Cursor | null {
  if (cursor === undefined) return null;
  const [, direction, than] = /^(older|newer)-(\d{1,15})$/.exec(cursor) ?? [];
  if (direction === 'older' || direction === 'newer') return { direction, than: Number(than) };
  throw new DomainError('not_found', 'Invalid cursor');
}

/** The envelope of Django REST Framework's cursor pages: links to the neighbours, no count. */
export function answerCursorPage<Row, Shown>(
  { rows, older, newer }: CursorPage<Row>,
  url: URL,
  shown: (row: Row) => Shown,
): { next: string | null; previous: string | null; results: Shown[] } {
  return { next: linkTo(url, older), previous: linkTo(url, newer), results: rows.map(shown) };
}

export const cursorPageSchema = <Row extends z.ZodMiniType>(row: Row, name: string) =>
  z
    .object({
      next: link('https://accounts.example.com/api/accounts/audit-events/?cursor=older-1234'),
      previous: link('https://accounts.example.com/api/accounts/audit-events/?cursor=newer-1283'),
      results: z.array(row),
    })
    .register(documentation, { id: name });

const link = (example: string) => z.nullable(z.url()).register(documentation, { example });

function linkTo(url: URL, cursor: Cursor | null): string | null {
  if (cursor === null) return null;
  const linked = new URL(url);
  linked.searchParams.set('cursor', `${cursor.direction}-${cursor.than}`);
  return linked.href;
}
