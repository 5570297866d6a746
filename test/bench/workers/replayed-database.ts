type Fetch = (url: string, init: { method: string; body: string }) => Promise<Response>;

/** The platform's client of D1, which is JavaScript in this isolate, and the one way out that it takes. */
type Client = D1Database & {
  constructor: new (over: { fetch: Fetch }) => D1Database;
  fetcher: { fetch: Fetch };
};

/** The answers of a real D1 by what was asked: statements, whatever is bound to them. */
export type Recording = { isRecording: boolean; answers: Map<string, Recorded>; unknown: string[] };
type Recorded = { answer: string; statements: string[] };

/**
 * The platform's client, above answers that the real database gave once: it writes its requests and reads the answers
 * as ever, and nothing leaves the isolate for them. The cast holds for the pinned runtime; another one fails at once.
 */
export function replayedDatabase(binding: D1Database, recording: Recording): D1Database {
  const real = binding as Client;
  const fetch: Fetch = async (url, init) => {
    const asked = firstStatement(init.body);
    if (recording.isRecording)
      record(recording, asked, {
        answer: await (await real.fetcher.fetch(url, init)).text(),
        statements: statementsOf(init.body),
      });
    const recorded = recording.answers.get(asked);
    if (recorded !== undefined) return new Response(recorded.answer, JSON_HEADERS);
    recording.unknown.push(asked);
    throw new Error(`no answer was recorded: ${asked}`);
  };
  return new real.constructor({ fetch });
}

const JSON_HEADERS = { headers: { 'Content-Type': 'application/json' } };

/** What tells a batch from others at no cost worth mention, or a single statement, which begins otherwise. */
const firstStatement = (body: string): string => body.slice(0, body.indexOf('"params":'));

/** @throws Error when it does not tell. */
function record({ answers }: Recording, asked: string, recorded: Recorded): void {
  const other = answers.get(asked)?.statements;
  if (other !== undefined && other.join(';') !== recorded.statements.join(';'))
    throw new Error(`two batches begin alike: ${asked}`);
  answers.set(asked, recorded);
}

const statementsOf = (body: string): string[] =>
  [JSON.parse(body)].flat().map(({ sql }: { sql: string }) => sql);
