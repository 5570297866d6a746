import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export type Signer = { kid: string; alg: 'ES256' | 'EdDSA'; privateKey: CryptoKey; publicJwk: JWK };

let made = 0;

/** A key pair of this test alone, its public part as the service publishes it. */
export async function newSigner(alg: Signer['alg'] = 'ES256'): Promise<Signer> {
  const kid = `key-${++made}`;
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

type Part = Record<string, unknown>;

export const nowInSeconds = (): number => Math.floor(Date.now() / 1000);

/** An access token of user 7 as the service makes it, with some members replaced (undefined: left out). */
export const tokenBy = (signer: Signer, claims: Part = {}, header: Part = {}): Promise<string> =>
  new SignJWT({
    token_type: 'access',
    user_id: '7',
    sid: '0'.repeat(32),
    sub: '7',
    jti: '1'.repeat(32),
    iat: nowInSeconds(),
    exp: nowInSeconds() + 1800,
    ...claims,
  })
    .setProtectedHeader({ alg: signer.alg, kid: signer.kid, typ: 'at+jwt', ...header })
    .sign(signer.privateKey);

export type JwksEndpoint = {
  url: string;
  /** How often it was asked. */
  asked: () => number;
  /** What it answers from now on: keys, or a status and a text. */
  answer: (with_: Signer[] | { status: number; text: string }) => void;
  /** Leaves the next request for the keys without an answer. */
  ignoreNext: () => void;
  close: () => Promise<void>;
};

/** A real server with a JWK set at `/.well-known/jwks.json`. */
export async function serveJwks(...signers: Signer[]): Promise<JwksEndpoint> {
  let asked = 0;
  let answer = { status: 200, text: setOf(signers) };
  let isIgnoring = false;
  const server = createServer((request, response) => {
    asked++;
    const isThere = request.url === '/.well-known/jwks.json';
    if (isThere && isIgnoring) {
      isIgnoring = false;
      return;
    }
    response.writeHead(isThere ? answer.status : 404, { 'Content-Type': 'application/json' });
    response.end(isThere ? answer.text : '{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    asked: () => asked,
    answer: (next) => {
      answer = Array.isArray(next) ? { status: 200, text: setOf(next) } : next;
    },
    ignoreNext: () => {
      isIgnoring = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const setOf = (signers: Signer[]): string =>
  JSON.stringify({ keys: signers.map(({ publicJwk }) => publicJwk) });
