import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Handler } from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import jwt from 'jsonwebtoken';
import jwksRsa from 'jwks-rsa';
import passport from 'passport';
import { ExtractJwt, Strategy as JwtStrategy } from 'passport-jwt';

/** The facts about the service that a program needs to verify access tokens by itself. */
export type Trust = { jwksUri: string; issuer: string; audience: string };

/** The handlers that protect a route with one library, set up as the README of that library shows. */
export type Protection = (trust: Trust) => Handler[] | Promise<Handler[]>;

/**
 * README of express-oauth2-jwt-bearer, "Library Initialization". `issuer` and `jwksUri` replace `issuerBaseURL`, because
 * the service publishes its keys and no discovery document.
 */
const bearerWithJwksUri: Protection = ({ jwksUri, issuer, audience }) => [
  auth({ issuer, jwksUri, audience }),
];

/** README of express-oauth2-jwt-bearer, "Inline JWK Set". The set is the one that the service publishes. */
const bearerWithInlineSet: Protection = async ({ jwksUri, issuer, audience }) => [
  auth({ issuer, audience, publicKey: await (await fetch(jwksUri)).json() }),
];

/**
 * README of jsonwebtoken, "Verify using getKey callback". The error goes to the callback: the README's `getKey` ignores
 * it and throws outside of every handler for an unknown `kid`, which ends the process.
 */
const jsonwebtoken: Protection = ({ jwksUri, issuer, audience }) => {
  const client = jwksRsa({ jwksUri });
  const getKey: jwt.GetPublicKeyOrSecret = (header, callback) => {
    client.getSigningKey(header.kid, (error, key) => callback(error, key?.getPublicKey()));
  };
  const verified: Handler = (request, response, next) => {
    const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
    jwt.verify(token, getKey, { audience, issuer }, (error) => {
      if (error === null) next();
      else response.writeHead(401).end();
    });
  };
  return [verified];
};

/** README of passport-jwt, "Configure Strategy", with the key provider of jwks-rsa's passport example. */
const passportJwt =
  (options: { algorithms?: string[] } = {}): Protection =>
  ({ jwksUri, issuer, audience }) => {
    // Not the instance that the module exports: it would keep one strategy for all servers of this process.
    const instance = new passport.Passport();
    const secretOrKeyProvider = jwksRsa.passportJwtSecret({
      cache: true,
      rateLimit: true,
      jwksRequestsPerMinute: 5,
      jwksUri,
    });
    const jwtFromRequest = ExtractJwt.fromAuthHeaderAsBearerToken();
    const strategy = new JwtStrategy(
      { secretOrKeyProvider, jwtFromRequest, issuer, audience, ...options },
      (payload, done) => done(null, payload),
    );
    return [instance.use(strategy).initialize(), instance.authenticate('jwt', { session: false })];
  };

/** Every library by the name that a test title shows. The example of jwks-rsa names RS256; our keys are ES256. */
export const LIBRARIES: [name: string, protection: Protection][] = [
  ['express-oauth2-jwt-bearer with the address of the keys', bearerWithJwksUri],
  ['express-oauth2-jwt-bearer with an inline JWK set', bearerWithInlineSet],
  ['jsonwebtoken with jwks-rsa', jsonwebtoken],
  ['passport-jwt with jwks-rsa', passportJwt()],
  ['passport-jwt with jwks-rsa and a list of algorithms', passportJwt({ algorithms: ['ES256'] })],
];

export type ResourceServer = {
  /** The status of the protected route for a request with this token. */
  visit: (token: string) => Promise<number>;
  close: () => Promise<void>;
};

/** A real server whose one route is protected by a library. */
export async function serveProtected(protection: Protection, trust: Trust): Promise<ResourceServer> {
  const app = express();
  app.get('/', ...(await protection(trust)), (_, response) => {
    response.writeHead(204).end();
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    async visit(token) {
      const headers = { Authorization: `Bearer ${token}` };
      return (await fetch(`http://127.0.0.1:${port}/`, { headers })).status;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
