import { createTestHarness } from 'wrangler';
import { refreshKeyText } from '../../support/refresh-secrets.ts';
import { accountsWorker, compatibility_date, root } from './accounts-worker.ts';

export type Answer = {
  status: number;
  headers: { get(name: string): string | null };
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into the bodies of answers.
  body: any;
};
export type Call = {
  method?: string;
  token?: string;
  key?: string;
  headers?: Record<string, string>;
  body?: object;
};

export type TwoWorkers = {
  /** The accounts service over HTTP, below `/api/accounts`. */
  accounts: (path: string, call?: Call) => Promise<Answer>;
  /** The other Worker. */
  guarded: (path: string, call?: Call) => Promise<Answer>;
  /** Runs SQL in the service's database. */
  sql: (statement: string) => Promise<void>;
  /** What the service logged of its calls since the last look, oldest first. */
  calls: () => Record<string, unknown>[];
  end: () => Promise<void>;
};

/**
 * The service and a Worker that is bound to it, in the real runtime: what is said goes over a service binding. Without
 * its page and build, so that nothing of the checkout changes.
 */
export async function startTwoWorkers({ jwksUrl }: { jwksUrl: string }): Promise<TwoWorkers> {
  const server = createTestHarness({
    root,
    workers: [
      await accountsWorker({ REFRESH_KEY: refreshKeyText() }),
      {
        config: {
          name: 'guarded',
          main: `${root}test/support/guarded-worker.ts`,
          compatibility_date,
          vars: { JWKS_URL: jwksUrl },
          services: [{ binding: 'ACCOUNTS', service: 'edge-accounts', entrypoint: 'Accounts' }],
        },
      },
    ],
  });
  await server.listen();
  const [accounts, guarded] = [server.getWorker('edge-accounts'), server.getWorker('guarded')];
  await accounts.applyD1Migrations('DB');
  return {
    accounts: (path, call) => send(accounts.fetch, `/api/accounts${path}`, call),
    guarded: (path, call) => send(guarded.fetch, path, call),
    async sql(statement) {
      const { DB } = (await accounts.getEnv()) as { DB: { exec(sql: string): Promise<unknown> } };
      await DB.exec(statement);
    },
    calls() {
      const lines = server
        .getLogs()
        .flatMap(({ message }) => (message.startsWith('{') ? [JSON.parse(message)] : []));
      server.clearLogs();
      return lines.filter(({ method }) => method === 'RPC');
    },
    end: () => server.close(),
  };
}

type Fetch = ReturnType<ReturnType<typeof createTestHarness>['getWorker']>['fetch'];

async function send(fetch: Fetch, path: string, call: Call = {}): Promise<Answer> {
  const { method, token, key, headers, body } = call;
  const response = await fetch(path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(key === undefined ? {} : { 'X-API-Key': key }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const PASSWORD = 'correct horse battery';
let people = 0;

export type Person = { id: number; username: string; access: string; refresh: string };

/** The first admin of the service. */
export async function setUpAdmin({ accounts }: TwoWorkers): Promise<Person> {
  await accounts('/initialize-superuser/', { body: { username: 'admin', password: PASSWORD, email: '' } });
  return signIn(accounts, { id: 1, username: 'admin' });
}

/** A new user of this test alone, with permissions by ids in a group of its own. */
export async function newPerson(
  { accounts }: TwoWorkers,
  admin: Person,
  permissions: number[] = [],
): Promise<Person> {
  const username = `u${++people}`;
  const { access: token } = admin;
  const group = await accounts('/groups/', { token, body: { name: username, permissions } });
  const groups = [group.body.id];
  const user = await accounts('/users/', { token, body: { username, password: PASSWORD, groups } });
  return signIn(accounts, { id: user.body.id, username });
}

async function signIn(
  accounts: TwoWorkers['accounts'],
  who: { id: number; username: string },
): Promise<Person> {
  const { body } = await accounts('/token/', { body: { username: who.username, password: PASSWORD } });
  return { ...who, access: body.access, refresh: body.refresh };
}

export async function newKey({ accounts }: TwoWorkers, { access: token }: Person): Promise<string> {
  return (await accounts('/api-keys/generate/', { token, body: {} })).body.key;
}
