/** What one request of a row is, and what its answer has to be: another one fails the bench. */
export type Sent = HttpRequest | RpcCall;

export type HttpRequest = {
  kind: 'http';
  method: 'GET' | 'POST';
  /** With its query; of the service, or of a floor. */
  path: string;
  headers: Record<string, string>;
  body?: string;
  status: number;
  /** A part of the answer's body; empty where it has none. */
  contains: string;
};

/** `authenticate` over a service binding, and whom it has to name. */
export type RpcCall = { kind: 'rpc'; headers: Record<string, string>; username: string };

/** How the Worker that is measured gets the answers of D1, from now on if they are recorded; and its hashes. */
export type Replay = { database: 'recorded' | 'replayed'; hashes: 'computed' | 'replayed' };

/** What the driver is told by its one path. */
export type Task =
  | { kind: 'send'; request: Omit<HttpRequest, 'status' | 'contains'> }
  | { kind: 'loop'; sent: Sent; count: number }
  | { kind: 'replay'; replay: Replay };

export type Answer = { status: number; text: string };
