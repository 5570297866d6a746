import type { Json } from '../../src/core/json.ts';
import lines from './reference.jsonl?raw';

/** One request to the reference server and what it answered; `README.md` explains the members. */
export type Recorded = {
  n: number;
  group: string;
  name: string;
  method: string;
  path: string;
  request_headers?: Record<string, string>;
  request_body?: string | { base64: string };
  setup?: Setup[];
  /** Names under which members of the answer are kept for later requests. */
  save?: Record<string, string>;
  save_id?: { var: string; from: string };
  status: number;
  headers?: Record<string, string>;
  body?: Json;
  body_text?: string;
  jwt?: RecordedToken[];
};

/** What was done outside of the API before a request. */
export type Setup = { sql: string } | CraftedToken;

export type CraftedToken = {
  craft_jwt: string;
  claims: Record<string, unknown>;
  alg: string;
  header: Record<string, unknown>;
};

export type RecordedToken = {
  claims: Record<string, string>;
  exp_minus_iat: number;
};

export const recording: readonly Recorded[] = lines
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

/** A long text is recorded by its length and its beginning. */
export function longText(text: string): { length: number; beginning: string } | null {
  const [, length, beginning] = /^<(\d+) characters: (.*)\.\.\.>$/s.exec(text) ?? [];
  return length === undefined || beginning === undefined ? null : { length: Number(length), beginning };
}
