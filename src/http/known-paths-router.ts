import { METHOD_NAME_ALL, type Params, type Result, type Router } from 'hono/router';

/** A path with a parameter for one of its segments: what stands before and behind that, and its name. */
type Template<T> = { before: string; name: string; behind: string; handler: T };

/**
 * Looks a path up, or finds the template that it fits, without a pattern to compile while an isolate starts or to try
 * at each request. Of Hono's routers the smallest compiles and tries one for every path, and the fastest refuses
 * `users/me/` beside `users/:id/`.
 */
export class KnownPathsRouter<T> implements Router<T> {
  readonly name = 'KnownPathsRouter';
  readonly #plain = new Map<string, Result<T>>();
  readonly #templates: Template<T>[] = [];

  /** @throws Error for a path that is there already, or a pattern, of which something would silently never run. */
  add(method: string, path: string, handler: T): void {
    if (method !== METHOD_NAME_ALL) throw new Error(`${path} has to be added for all methods`);
    if (path.includes('*')) throw new Error(`${path} is a pattern that is not known here`);
    if (path.includes(':')) this.#addTemplate(templateOf(path, handler));
    else if (this.#plain.has(path)) throw new Error(`${path} is there already`);
    else this.#plain.set(path, found(handler, {}));
  }

  #addTemplate(template: Template<T>): void {
    const { before, behind } = template;
    if (this.#templates.some((each) => each.before === before && each.behind === behind))
      throw new Error(`${before}:${template.name}${behind} is there already`);
    this.#templates.push(template);
  }

  /** Nothing is kept of a path that a client invents. */
  match(_method: string, path: string): Result<T> {
    return this.#plain.get(path) ?? this.#matchTemplate(path);
  }

  #matchTemplate(path: string): Result<T> {
    for (const { before, name, behind, handler } of this.#templates) {
      const value = path.slice(before.length, path.length - behind.length);
      if (value === '' || value.includes('/') || path !== before + value + behind) continue;
      return found(handler, { [name]: value });
    }
    return [[]];
  }
}

const found = <T>(handler: T, params: Params): Result<T> => [[[handler, params]]];

function templateOf<T>(path: string, handler: T): Template<T> {
  const [, before, name, behind] = /^([^:]*):(\w+)(\/[^:]*)$/.exec(path) ?? [];
  if (before === undefined || name === undefined || behind === undefined)
    throw new Error(`${path} has more than one parameter, or one that is no segment`);
  return { before, name, behind, handler };
}
