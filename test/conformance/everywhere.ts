import { isJsonObject, type Json } from '../../src/core/json.ts';
import type { Members } from './changes.ts';

/** What we answer otherwise wherever it occurs, and why; `ours` returns its very argument where it does not. */
export type Rule = { why: string; ours: (body: Json | undefined, path: string) => Json | undefined };

const isUser = (value: Members): boolean => 'username' in value && 'date_joined' in value;

const showsKey = (value: Json): boolean =>
  isJsonObject(value) && (value['api_key'] === '<key>' || (value['key'] === '<key>' && !('user' in value)));

function withoutKeys(body: Json | undefined): Json | undefined {
  if (Array.isArray(body)) return body.some(showsKey) ? body.map((item) => withoutKeys(item) ?? null) : body;
  if (!isJsonObject(body)) return body;
  if (isJsonObject(body['user'])) return { ...body, user: withoutKeys(body['user']) ?? null };
  if (!showsKey(body)) return body;
  return isUser(body) ? { ...body, api_key: null } : { ...body, key: null };
}

/** What is known of a member already stays. */
function withAdditions(body: Json | undefined): Json | undefined {
  if (Array.isArray(body) && body.some(isJsonObject)) return body.map((item) => withAdditions(item) ?? null);
  if (!isJsonObject(body)) return body;
  if (isUser(body)) {
    return { is_active: '<boolean>', groups: '<ids>', api_key_preview: '<preview or null>', ...body };
  }
  if (!('key' in body)) return body;
  const { user } = body;
  if (user === undefined)
    return {
      ...body,
      keys_per_user: '<integer>',
      count: '<integer>',
      next: null,
      previous: null,
      results: '<keys>',
    };
  const added = { id: '<id>', name: '', key_preview: '<preview>', created_at: '<datetime>' };
  return { ...body, ...added, user: withAdditions(user) ?? null };
}

const withRights = (body: Json | undefined, path: string): Json | undefined =>
  /\/users\/me\/?(\?|$)/.test(path) && isJsonObject(body) && isUser(body)
    ? { permissions: '<permissions>', ...body }
    : body;

export const RULES: Rule[] = [
  {
    why: 'Keys are kept as digests: the answer that makes one tells it, and no other can.',
    ours: withoutKeys,
  },
  {
    why: 'Users and keys have members that the reference does not have, which clients pass over.',
    ours: withAdditions,
  },
  {
    why: 'users/me/ also tells what the caller may do, for pages that show no more than that.',
    ours: withRights,
  },
];

export const asOurs = (body: Json | undefined, path: string): Json | undefined =>
  RULES.reduce((changed, { ours }) => ours(changed, path), body);
