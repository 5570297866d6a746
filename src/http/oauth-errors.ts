import { z } from '@hono/zod-openapi';
import type { ErrorShape } from './context.ts';
import { detailSchema } from './schemas.ts';

const REQUEST_FAULTS = new Set([400, 413, 415]);

/** A fault of the request is named as clients of OAuth read it, beside our own words (RFC 6749 section 5.2). */
const shape: ErrorShape = (body, status) =>
  REQUEST_FAULTS.has(status) ? { error: 'invalid_request', ...body } : body;

const schema = detailSchema
  .partial()
  .extend({
    error: z
      .literal('invalid_request')
      .optional()
      .openapi({ example: 'invalid_request', description: 'With 400, 413 and 415.' }),
  })
  .catchall(z.array(z.string()))
  .openapi('TokenError');

/** For the operations of RFC 7009 and RFC 7662. */
export const oauthErrors = { shape, schema };
