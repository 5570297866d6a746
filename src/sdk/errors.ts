export type FieldErrors = Record<string, string[]>;

/** The service answered a request with an error. */
export class AccountsError extends Error {
  override readonly name: string = 'AccountsError';
  readonly status: number;
  /** The server's sentence; null where it answered with field errors, or where something before it answered. */
  readonly detail: string | null;
  /** What is wrong with each member of the body, in the server's words; empty but for a 400. */
  readonly fields: FieldErrors;
  /** As clients of SimpleJWT read it, such as `token_not_valid`; `signed_out` where there was no login to send. */
  readonly code: string | null;
  /** Names the request in the log of the service. */
  readonly requestId: string | null;
  /** With 429 and 503: how many seconds to wait before the next try. */
  readonly retryAfterSeconds: number | null;

  constructor(status: number, told: Told = {}) {
    const { detail = null, fields = {}, code = null, requestId = null, retryAfterSeconds = null } = told;
    super(detail ?? (sentencesOf(fields) || `The server answered with status ${status}.`));
    this.status = status;
    this.detail = detail;
    this.fields = fields;
    this.code = code;
    this.requestId = requestId;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

type Told = Partial<Pick<AccountsError, 'detail' | 'fields' | 'code' | 'requestId' | 'retryAfterSeconds'>>;

const sentencesOf = (fields: FieldErrors): string =>
  Object.entries(fields)
    .map(([name, sentences]) => `${name}: ${sentences.join(' ')}`)
    .join(' ');

/**
 * There was no answer, so nobody knows whether the request was carried out; `cause` says why. It is a TypeError, as
 * `fetch` throws one.
 */
export class NetworkError extends TypeError {
  override readonly name: string = 'NetworkError';

  constructor(cause: unknown, message = 'The server could not be reached.') {
    super(message, { cause });
  }
}

/** There is no login whose token could be sent. */
export const signedOut = (): AccountsError =>
  new AccountsError(401, { detail: 'You are not signed in.', code: 'signed_out' });

/** The error that an answer tells, whatever its body is. */
export function errorOf({ status, headers }: Response, body: unknown): AccountsError {
  const members = membersOf(body);
  const { detail, code } = members;
  return new AccountsError(status, {
    detail: textOr(detail, null),
    code: textOr(code, null),
    fields: status === 400 ? fieldsOf(members) : {},
    requestId: headers.get('X-Request-Id'),
    retryAfterSeconds: secondsOf(headers.get('Retry-After')),
  });
}

/** The members of a JSON object; none of anything else. */
export function membersOf(body: unknown): Record<string, unknown> & { detail?: unknown; code?: unknown } {
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

const textOr = <Other>(value: unknown, other: Other): string | Other =>
  typeof value === 'string' ? value : other;

const fieldsOf = (members: Record<string, unknown>): FieldErrors =>
  Object.fromEntries(
    Object.entries(members).filter((member): member is [string, string[]] => isTexts(member[1])),
  );

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

/** A date, which RFC 9110 section 10.2.3 allows too, is one of a proxy's clock: not told. */
const secondsOf = (header: string | null): number | null =>
  header !== null && /^\d{1,9}$/.test(header) ? Number(header) : null;
