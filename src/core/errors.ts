/** Why a request could not be served, as the rules see it. `http/errors.ts` gives each code its status. */
export type ErrorCode =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'method_not_allowed'
  | 'too_large'
  | 'throttled'
  | 'unsupported_media_type'
  | 'unavailable';

/** Sentences by field name, in the shape that clients of Django REST Framework parse. */
export type FieldErrors = Record<string, string[]>;

type DomainErrorOptions = {
  /** Answered instead of `detail` when the fault lies in named fields. */
  fields?: FieldErrors;
  /** Further public members of the answer, such as `code` or `messages`. */
  extra?: Record<string, unknown>;
  /** For how long to wait before the next try. */
  retryAfterSeconds?: number;
  /** Never shown to the caller, only to the log. */
  cause?: unknown;
};

/** A failure that the caller may be told about: `message` becomes the answer's `detail`. */
export class DomainError extends Error {
  override readonly name: string = 'DomainError';
  readonly code: ErrorCode;
  readonly fields: FieldErrors | undefined;
  readonly extra: Record<string, unknown>;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, detail: string, options: DomainErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.fields = options.fields;
    this.extra = options.extra ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** A 400 whose body names the faulty fields: `{ "email": ["Enter a valid email address."] }`. */
export const invalidFields = (fields: FieldErrors): DomainError =>
  new DomainError('invalid', 'Some fields are not valid.', { fields });

/** The one answer to every lack of rights, so that it tells nothing about what it protects. */
export const forbidden = (detail = 'You do not have permission to perform this action.'): DomainError =>
  new DomainError('forbidden', detail);

/** The operator has something to do, of which the caller learns no more; `cause`, for the log, says what. */
export const notConfigured = (cause: Error): DomainError =>
  new DomainError('unavailable', 'The service is not configured. Its log says what is missing.', { cause });

/** `what` is the kind of row as clients know it: `User`, `Group`, `ApiKey`. */
export const noSuch = (what: string): DomainError =>
  new DomainError('not_found', `No ${what} matches the given query.`);
