type Fetch = (url: string, init: { method: string; body: string }) => Promise<Response>;

/** The platform's client of D1, which is JavaScript in this isolate, and the one way out that it takes. */
type Client = D1Database & {
  constructor: new (over: { fetch: Fetch }) => D1Database;
  fetcher: { fetch: Fetch };
};

/** The answers of a real D1, by what was asked: all statements alike but for what was bound to them. */
export type Recording = { isRecording: boolean; answers: Map<string, string> };

/**
 * The platform's client, above answers that the real database gave once: it writes its requests and reads the answers
 * as ever, and nothing leaves the isolate for them. The cast holds for the pinned runtime; another one fails at once.
 */
export function replayedDatabase(binding: D1Database, recording: Recording): D1Database {
  const real = binding as Client;
  const fetch: Fetch = async (url, init) => {
    const asked = statementsOf(init.body);
    if (recording.isRecording)
      recording.answers.set(asked, await (await real.fetcher.fetch(url, init)).text());
    const answer = recording.answers.get(asked);
    if (answer === undefined) throw new Error(`no answer was recorded: ${asked}`);
    return new Response(answer, JSON_HEADERS);
  };
  return new real.constructor({ fetch });
}

const JSON_HEADERS = { headers: { 'Content-Type': 'application/json' } };

/** The first statement, which tells a batch well enough; a single one begins otherwise. */
const statementsOf = (body: string): string => body.slice(0, body.indexOf('"params":'));
