/** Of the headers that are sent, each in its one spelling: of two, both values would be sent as one. */
type Named<Name extends string> = { [Each in Name]?: string };

/** What may be said before it is known what the answer is, since it is sent with a failure, too. */
export type EarlyHeaders = Named<
  'Allow' | 'Set-Cookie' | 'X-Auth-Level' | 'X-Auth-Permissions' | 'X-Auth-User-Id' | 'X-Auth-Username'
>;

/** What a handler may send. */
export type AnswerHeaders = EarlyHeaders &
  Named<
    | 'Cache-Control'
    | 'Content-Security-Policy'
    | 'Content-Type'
    | 'ETag'
    | 'Location'
    | 'Retry-After'
    | 'WWW-Authenticate'
  >;

/** What is sent: with that of every answer. */
export type SentHeaders = AnswerHeaders &
  Named<
    | 'Access-Control-Allow-Headers'
    | 'Access-Control-Allow-Methods'
    | 'Access-Control-Allow-Origin'
    | 'Access-Control-Expose-Headers'
    | 'Access-Control-Max-Age'
    | 'Referrer-Policy'
    | 'Strict-Transport-Security'
    | 'Vary'
    | 'X-Content-Type-Options'
    | 'X-Request-Id'
  >;

/**
 * What a request is answered with, but for the headers of every answer. A `Response` is made of both at once: to look
 * at the headers of one that is made, and to set more, takes twice as long as all of them in its making.
 */
export class Answer {
  readonly status: number;
  readonly body: string | null;
  readonly headers: Readonly<AnswerHeaders>;

  constructor(status: number, body: string | null = null, headers: Readonly<AnswerHeaders> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export const JSON_TYPE: Readonly<AnswerHeaders> = { 'Content-Type': 'application/json' };

export const json = (value: object, status = 200, headers?: AnswerHeaders): Answer =>
  new Answer(status, JSON.stringify(value), headers === undefined ? JSON_TYPE : { ...JSON_TYPE, ...headers });

export const html = (page: string, headers: AnswerHeaders): Answer =>
  new Answer(200, page, { 'Content-Type': 'text/html; charset=UTF-8', ...headers });
