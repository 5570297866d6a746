/** What tests use of Node's built-ins (workerd has them; `@types/node` would bring all its globals) and of Vite. */
declare module 'node:crypto' {
  type Pbkdf2Arguments = [password: string, salt: string, iterations: number, keylen: number, digest: string];
  type NodeCrypto = {
    pbkdf2Sync(...args: Pbkdf2Arguments): Uint8Array;
    pbkdf2(...args: [...Pbkdf2Arguments, (error: Error | null, derived: Uint8Array) => void]): void;
  };
  interface Hash {
    update(text: string): Hash;
    digest(encoding: 'hex'): string;
  }
  export function createHash(algorithm: string): Hash;
  const nodeCrypto: NodeCrypto;
  // biome-ignore lint/style/noDefaultExport: that is how Node exports it, and only this object can be spied on
  export default nodeCrypto;
}

declare module 'node:util' {
  export function inspect(value: unknown, options?: { showHidden?: boolean; depth?: number | null }): string;
}

declare module '*?raw' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: that is how Vite gives the text of a file
  export default text;
}

interface ImportMeta {
  /** Vite replaces the call with the files' texts. */
  glob(pattern: string, options: { query: '?raw'; import: 'default'; eager: true }): Record<string, string>;
}
