import { createTestHarness } from 'wrangler';
import { accountsWorker, root } from './accounts-worker.ts';

/** A running service, and the tokens of one login there. */
export type Issuer = {
  jwksUri: string;
  access: string;
  refresh: string;
  /** The status of `token/refresh/` for a token. */
  refreshStatus: (token: string) => Promise<number>;
  stop: () => Promise<void>;
};

/** Starts the service on a local port, with some vars and secrets, and logs its first admin in. */
export async function startIssuer(vars: Record<string, string>): Promise<Issuer> {
  const server = createTestHarness({ root, workers: [await accountsWorker(vars)] });
  const { origin } = (await server.listen()).url;
  await server.getWorker().applyD1Migrations('DB');
  const post = (path: string, body: object): Promise<Response> =>
    fetch(`${origin}/api/accounts${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  const admin = { username: 'admin', password: 'correct horse battery' };
  await post('/initialize-superuser/', { ...admin, email: '' });
  const { access, refresh } = await (await post('/token/', admin)).json();
  return {
    jwksUri: `${origin}/.well-known/jwks.json`,
    access,
    refresh,
    refreshStatus: async (token) => (await post('/token/refresh/', { refresh: token })).status,
    stop: () => server.close(),
  };
}
