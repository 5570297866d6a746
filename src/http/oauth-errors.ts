import * as z from 'zod/mini';
import type { ErrorShape } from './context.ts';
import { documentation, lazily } from './documentation.ts';
import { detailSchema } from './schemas.ts';

const REQUEST_FAULTS = new Set([400, 413, 415]);

/** A fault of the request is named as clients of OAuth read it, beside our own words (RFC 6749 section 5.2). */
const shape: ErrorShape = (body, status) =>
  REQUEST_FAULTS.has(status) ? { error: 'invalid_request', ...body } : body;

const error = () =>
  z.optional(z.literal('invalid_request')).register(documentation, {
    example: 'invalid_request',
    description: 'With 400, 413 and 415.',
  });

const schema = lazily(() =>
  z
    .catchall(z.extend(z.partial(detailSchema()), { error: error() }), z.array(z.string()))
    .register(documentation, { id: 'TokenError' }),
);

/** For the operations of RFC 7009 and RFC 7662. */
export const oauthErrors = { shape, schema };
