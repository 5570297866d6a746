import { publicKeysOf } from '../../core/public-keys.ts';
import { sha256Hex } from '../../core/secrets.ts';
import type { SigningKeys } from '../../core/signing-keys.ts';
import { Answer, type AnswerHeaders, JSON_TYPE } from '../answer.ts';
import type { AppContext } from '../context.ts';
import type { Mounted } from '../router.ts';

export const JWKS_PATH = '/.well-known/jwks.json/';

/** Less than the 15 minutes that a new key stands by, so that whoever caches knows it before it signs. */
const CACHED = 'public, max-age=300, stale-if-error=86400';

type Written = { text: string; tag: string };

/** Once for each set of keys. What is kept is the result: a promise belongs to the request that made it. */
const written = new WeakMap<SigningKeys, Written>();

async function serve(c: AppContext): Promise<Answer> {
  const { text, tag } = await writtenFor(await c.get('deps')().signingKeys());
  const headers: AnswerHeaders = { 'Cache-Control': CACHED, ETag: tag };
  if (names(c.req.header('If-None-Match'), tag)) return new Answer(304, null, headers);
  return new Answer(200, text, { ...JSON_TYPE, ...headers });
}

async function writtenFor(keys: SigningKeys): Promise<Written> {
  const known = written.get(keys);
  if (known !== undefined) return known;
  const text = JSON.stringify({ keys: await publicKeysOf(keys) });
  const made = { text, tag: `"${await sha256Hex(text)}"` };
  written.set(keys, made);
  return made;
}

/** RFC 9110 section 13.1.2: compared as weak ones, which Cloudflare makes of tags when it compresses. */
function names(header = '', tag: string): boolean {
  const tags: string[] = header.match(/"[^"]*"/g) ?? [];
  return header.trim() === '*' || tags.includes(tag);
}

/** The public keys (RFC 7517 section 5), for whoever verifies tokens without asking us. */
export const jwksRoutes: Mounted[] = [{ config: { method: 'get', path: JWKS_PATH }, serve }];
