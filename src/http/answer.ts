/** Of the headers that are sent, each in its one spelling: as names of an object two would be two headers. */
type HeaderName =
  | 'Access-Control-Allow-Headers'
  | 'Access-Control-Allow-Methods'
  | 'Access-Control-Allow-Origin'
  | 'Access-Control-Expose-Headers'
  | 'Access-Control-Max-Age'
  | 'Allow'
  | 'Cache-Control'
  | 'Content-Security-Policy'
  | 'Content-Type'
  | 'ETag'
  | 'Location'
  | 'Referrer-Policy'
  | 'Retry-After'
  | 'Set-Cookie'
  | 'Strict-Transport-Security'
  | 'Vary'
  | 'WWW-Authenticate'
  | 'X-Auth-Level'
  | 'X-Auth-Permissions'
  | 'X-Auth-User-Id'
  | 'X-Auth-Username'
  | 'X-Content-Type-Options'
  | 'X-Request-Id';

export type AnswerHeaders = { [Name in HeaderName]?: string };

/**
 * What a request is answered with, but for the headers of every answer. A `Response` is made of both at once: to look
 * at the headers of one that is made, and to set more, takes twice as long as all of them in its making.
 */
export class Answer {
  readonly status: number;
  readonly body: string | null;
  readonly headers: AnswerHeaders;

  constructor(status: number, body: string | null = null, headers: AnswerHeaders = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export const json = (value: object, status = 200, headers?: AnswerHeaders): Answer =>
  new Answer(status, JSON.stringify(value), headers === undefined ? JSON_TYPE : { ...JSON_TYPE, ...headers });

export const JSON_TYPE: AnswerHeaders = { 'Content-Type': 'application/json' };

export const html = (page: string, headers: AnswerHeaders): Answer =>
  new Answer(200, page, { 'Content-Type': 'text/html; charset=UTF-8', ...headers });
