import type * as z from 'zod/mini';
import type { Afterwards } from '../core/afterwards.ts';
import type { Deps } from '../core/deps.ts';
import { DomainError, type FieldErrors, invalidFields } from '../core/errors.ts';
import { ActorGone } from '../core/principal.ts';
import type { Client } from '../core/sessions.ts';
import type { Access } from './access.ts';
import { Answer, type EarlyHeaders, json } from './answer.ts';
import { bufferBody, parseBody, type RawBody } from './body.ts';
import { clientOf } from './client.ts';
import type { AppContext, ErrorShape, Handler } from './context.ts';
import { lazily } from './documentation.ts';
import { formMembers } from './fields.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a handler gets: valid input, the caller that the guard let through, and what the rules need. */
export type Input<Caller, Body, Query> = {
  caller: Caller;
  body: Body;
  query: Query;
  /** The `{id}` of the path; 0 where there is none or it is a text. */
  id: number;
  /** The same as it stands there. */
  textId: string;
  deps: Deps;
  now: Date;
  /** Made when it is asked for, as `url`: most handlers need neither. */
  client(): Client;
  afterwards: Afterwards;
  url(): URL;
  /** What is sent beside the answer's own, also when the handler fails after it has set it. */
  headers: EarlyHeaders;
};

export type RouteConfig<Body, Query, Result> = {
  method: Method;
  /** With its trailing slash; the form without is served too. */
  path: '/' | `/${string}/`;
  /** Whether the `{id}` of the path is a text; it is a number elsewhere. */
  idIsText?: boolean;
  operationId: string;
  tag: string;
  summary: string;
  description?: string;
  /** Made at the first request. Left out where the route reads none: whatever is sent is then ignored. */
  body?: () => Body;
  /** Finds what only the configuration can tell about a body, so that its faults come with the others. */
  judge?: (members: Record<string, unknown>, deps: Deps) => FieldErrors;
  query?: () => Query;
  answer: {
    status: 200 | 201 | 204;
    description: string;
    schema?: () => Result;
    /** What its headers say, by their names, for the document. */
    headers?: { [Name in keyof EarlyHeaders]?: string };
  };
  /** Failures that only this route knows, for the document. */
  failures?: { 400?: string; 401?: string; 403?: string; 404?: string; 409?: string; 429?: string };
  /** How this route's clients read an error, where not as everywhere. */
  errors?: { shape: ErrorShape; schema: () => z.ZodMiniType };
};

/** A route without the types of its input, as the router and the document see it. */
export type Route = {
  access: Access<unknown>;
  config: RouteConfig<z.ZodMiniObject, z.ZodMiniObject, z.ZodMiniType>;
  serve: Handler;
};

/**
 * A route and its handler. `access` is required, so that no route can forget to say who may call it; it is
 * checked before anything of the request is read, so that an invalid request without credentials gets 401.
 */
export function route<
  Caller,
  Body extends z.ZodMiniObject = z.ZodMiniObject,
  Query extends z.ZodMiniObject = z.ZodMiniObject,
  Result extends z.ZodMiniType = z.ZodMiniUndefined,
>(
  access: Access<Caller>,
  config: RouteConfig<Body, Query, Result>,
  handle: (
    input: Input<Caller, z.output<Body>, z.output<Query>>,
  ) => Promise<Result extends z.ZodMiniUndefined ? void : z.input<Result>>,
): Route {
  const bodySchema = config.body && lazily(config.body);
  const querySchema = config.query && lazily(config.query);
  const idIn = config.path.includes('{id}') ? (c: AppContext) => c.req.param('id') : () => '';
  async function serve(c: AppContext): Promise<Answer> {
    if (config.errors !== undefined) c.set('errorShape', config.errors.shape);
    const raw = config.body === undefined ? null : await bufferBody(c.req.raw);
    const now = new Date();
    const caller = await access.check(c, now);
    if (caller instanceof Answer) return caller;
    const ids = idsOf(idIn(c), config.idIsText);
    const url = () => new URL(c.req.url);
    const query = validQuery<Query>(querySchema?.(), url);
    const deps = c.get('deps')();
    const members = await membersOf(bodySchema?.(), raw, c);
    const body = valid<Body>(bodySchema?.(), members, config.judge?.(members, deps));
    const afterwards: Afterwards = (work) => c.get('afterwards').push(work);
    const headers = c.get('headers');
    const client = () => clientOf(c);
    const input = { ...ids, caller, body, query, deps, now, client, afterwards, url, headers };
    try {
      return toAnswer(config.answer, await handle(input));
    } catch (error) {
      if (!(error instanceof ActorGone)) throw error;
      // Nothing was changed. The guard finds the right words, or a caller that may try once more.
      const again = await access.check(c, new Date());
      return again instanceof Answer
        ? again
        : toAnswer(config.answer, await handle({ ...input, caller: again }));
    }
  }
  return { access, config: config as Route['config'], serve };
}

/** The cast holds since `route` types the handler's result by this very schema. */
const toAnswer = ({ status, schema }: Route['config']['answer'], result: unknown): Answer =>
  schema === undefined ? new Answer(status) : json(result as object, status);

/** @throws DomainError `not_found` for an id that is no number where ids are numbers. */
function idsOf(segment = '', isText = false): { id: number; textId: string } {
  if (segment === '' || isText) return { id: 0, textId: segment };
  if (!/^-?\d{1,15}$/.test(segment)) throw new DomainError('not_found', 'Not found.');
  return { id: Number(segment), textId: segment };
}

function validQuery<Query extends z.ZodMiniObject>(
  schema: Query | undefined,
  url: () => URL,
): z.output<Query> {
  return valid<Query>(schema, schema === undefined ? {} : formMembers(schema, url().searchParams));
}

async function membersOf(
  schema: z.ZodMiniObject | undefined,
  raw: RawBody,
  c: AppContext,
): Promise<Record<string, unknown>> {
  if (schema === undefined) return {};
  const { kind, members } = await parseBody(raw, c.req.header('Content-Type') ?? '');
  return kind === 'form' ? formMembers(schema, members) : members;
}

/**
 * Without a schema there is nothing to read and no type to promise: the cast holds since `route` infers
 * `Body` and `Query` from the very schema given here.
 */
function valid<Schema extends z.ZodMiniObject>(
  schema: Schema | undefined,
  members: object,
  judged: FieldErrors = {},
): z.output<Schema> {
  if (schema === undefined) return {} as z.output<Schema>;
  const parsed = schema.safeParse(members);
  if (parsed.success && Object.keys(judged).length === 0) return parsed.data;
  throw invalidFields({ ...judged, ...(parsed.success ? {} : fieldErrors(parsed.error)) });
}

function fieldErrors(error: z.core.$ZodError): FieldErrors {
  const fields: FieldErrors = {};
  for (const { path, message } of error.issues) {
    const name = String(path[0] ?? 'non_field_errors');
    fields[name] = [...(fields[name] ?? []), message];
  }
  return fields;
}
