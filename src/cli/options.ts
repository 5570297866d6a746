// Reads the options of a script off its command line; the rest stays as it was, for wrangler.

import { parseArgs } from 'node:util';

/** An error that the person at the terminal can mend: it is printed without a stack. */
export class UsageError extends Error {}

type Kind = { type: 'string' | 'boolean'; short?: string };

type Taken<Name extends string, Flag extends string> = {
  values: Partial<Record<Name, string>> & Partial<Record<Flag, true>>;
  rest: string[];
};

/**
 * Takes `--name value`, `--name=value` and `--flag` off the arguments before a bare `--`. The last one wins, as in
 * wrangler, and `-e` is `--env`.
 * @throws UsageError for a name without a value, a flag with one, or an option that npm took for itself.
 */
export function takeOptions<Name extends string, Flag extends string = never>(
  args: readonly string[],
  { named, flags = [] }: { named: readonly Name[]; flags?: readonly Flag[] },
): Taken<Name, Flag> {
  assertReached([...named, ...flags].filter((name) => !OF_NPM.has(name)));
  const options: Record<string, Kind> = {
    ...Object.fromEntries(named.map((name): [string, Kind] => [name, { type: 'string' }])),
    ...Object.fromEntries(flags.map((name): [string, Kind] => [name, { type: 'boolean' }])),
  };
  if (options['env'] !== undefined) options['env'].short = 'e';
  const { tokens } = parseArgs({ args: [...args], strict: false, tokens: true, options });
  const values: Record<string, string | true> = {};
  const taken = new Set<number>();
  for (const token of tokens) {
    const kind = token.kind === 'option' ? options[token.name] : undefined;
    if (token.kind !== 'option' || kind === undefined) continue;
    values[token.name] = given(token, kind);
    taken.add(token.index);
    if (token.value !== undefined && !token.inlineValue) taken.add(token.index + 1);
  }
  // The names are those of `options`, whose kinds say which of them hold a text.
  return { values, rest: args.filter((_, index) => !taken.has(index)) } as Taken<Name, Flag>;
}

/** Options that npm has too, and that may be set for npm alone. */
const OF_NPM: ReadonlySet<string> = new Set(['all', 'force', 'location', 'yes']);

/**
 * npm takes what stands before a `--` for options of its own: without it, `npm run deploy --dry-run` would deploy.
 * @throws UsageError where it did so with one of these.
 */
export function assertReached(names: readonly string[]): void {
  const taken = names.find((name) => process.env[`npm_config_${name.replaceAll('-', '_')}`]);
  if (taken === undefined) return;
  const command = `npm run ${process.env['npm_lifecycle_event'] ?? 'SCRIPT'} -- --${taken}`;
  throw new UsageError(`npm took --${taken} for itself. With -- before it, it gets here: ${command}`);
}

function given({ rawName, value }: { rawName: string; value?: string | undefined }, { type }: Kind) {
  if (type === 'string' && value === undefined) throw new UsageError(`${rawName} needs a value.`);
  if (type === 'boolean' && value !== undefined) throw new UsageError(`${rawName} takes no value.`);
  return value ?? true;
}

/** @throws UsageError when something is left that nobody asked for; it may be a password, so it is not repeated. */
export function assertNothingLeft(rest: readonly string[], hint = ''): void {
  const option = rest.find((arg) => arg.startsWith('-'));
  if (option !== undefined) throw new UsageError(`There is no option ${option.split('=', 1)[0]} here.`);
  if (rest.length > 0) throw new UsageError(`There are too many words.${hint}`);
}

/** Runs a script; what the person can mend is printed without a stack, and it ends with 1. */
export async function runScript(script: (args: string[]) => Promise<void>): Promise<void> {
  try {
    await script(process.argv.slice(2));
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    console.error(cause.message);
    process.exitCode = 1;
  }
}
