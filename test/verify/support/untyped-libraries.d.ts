// Types for the parts of three libraries that the tests use. Their published types would install a dozen packages more.

declare module 'express' {
  type Message = import('node:http').IncomingMessage;
  type Reply = import('node:http').ServerResponse;
  export type Request = Message;
  export type Handler = (request: Request, response: Reply, next: (error?: unknown) => void) => void;
  type App = ((request: Message, response: Reply) => void) & {
    use(handler: Handler): App;
    get(path: string, ...handlers: Handler[]): App;
  };
  // biome-ignore lint/style/noDefaultExport: Express exports this function as its whole module
  export default function express(): App;
}

declare module 'passport' {
  type Handler = import('express').Handler;
  class Passport {
    use(strategy: import('passport-jwt').Strategy): this;
    initialize(): Handler;
    authenticate(strategy: 'jwt', options: { session: false }): Handler;
  }
  // biome-ignore lint/style/noDefaultExport: Passport exports one object as its whole module
  export default { Passport };
}

declare module 'passport-jwt' {
  type Payload = Record<string, unknown>;
  type Extractor = (request: import('express').Request) => string | null;
  type Done = (error: Error | null, user: Payload | false) => void;
  type Options = {
    secretOrKeyProvider: ReturnType<typeof import('jwks-rsa').passportJwtSecret>;
    jwtFromRequest: Extractor;
    issuer: string;
    audience: string;
    algorithms?: string[];
  };
  export class Strategy {
    constructor(options: Options, verify: (payload: Payload, done: Done) => void);
  }
  export const ExtractJwt: { fromAuthHeaderAsBearerToken(): Extractor };
}
