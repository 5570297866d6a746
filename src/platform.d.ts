/** The one module of Node's that the Worker uses, which workerd has: `@types/node` would bring all of Node's globals. */
declare module 'node:async_hooks' {
  export class AsyncLocalStorage<Store> {
    run<T>(store: Store, work: () => T): T;
    getStore(): Store | undefined;
  }
}
