import { parseArgs } from 'node:util';
import { experimental_getWranglerCommands as wranglerCommands } from 'wrangler';

/** What wrangler calls a user's error: it prints it and ends with 1. */
export class Refused extends Error {}

export type Flags = Record<string, string | boolean | (string | boolean)[] | undefined>;
export type Call = {
  command: string;
  positionals: string[];
  flags: Flags;
  /** Whether wrangler warns where there are environments and none is named. */
  shouldNameEnv: boolean;
};

type Registry = ReturnType<typeof wranglerCommands>['registry'];
type Definition = Extract<Registry['definition'], { type: 'command' }>;
/** What is of use here of wrangler's own type, which leaves most of it open. */
type Option = {
  type?: string;
  array?: boolean;
  alias?: string | readonly string[];
  choices?: readonly string[];
  demandOption?: boolean;
};

const { registry, globalFlags } = wranglerCommands();

/**
 * Reads a command line by the definitions of the pinned wrangler itself: the commands, their options with their kinds
 * and choices, and how many words follow. @throws Refused for what wrangler would refuse.
 */
export function parseCall(argv: readonly string[]): Call {
  const { definition, rest } = findCommand(argv);
  const options = optionsOf(definition);
  const expected = definition.positionalArgs ?? [];
  const { flags, words } = readFlags(rest, options);
  const given = new Set([...expected.slice(0, words.length), ...Object.keys(flags)]);
  const missing = Object.keys(options).filter((name) => options[name]?.demandOption && !given.has(name));
  if (missing.length > 0) throw new Refused(`Missing required arguments: ${missing.join(', ')}`);
  if (words.length > expected.length) throw new Refused(`Unknown argument: ${words.at(-1)}`);
  const command = definition.command.replace(/^wrangler /, '');
  const shouldNameEnv = definition.behaviour?.warnIfMultipleEnvsConfiguredButNoneSpecified === true;
  return { command, positionals: words, flags, shouldNameEnv };
}

const optionsOf = ({ args }: Definition) => ({ ...globalFlags, ...args }) as Record<string, Option>;

function findCommand(argv: readonly string[]): { definition: Definition; rest: string[] } {
  let node: Pick<Registry, 'definition' | 'subtree'> = registry;
  const rest = [...argv];
  for (let next = node.subtree.get(rest[0] ?? ''); next; next = node.subtree.get(rest[0] ?? '')) {
    node = next;
    rest.shift();
  }
  if (node.definition?.type !== 'command') throw new Refused(`Unknown command: "${argv.join(' ')}"`);
  return { definition: node.definition, rest };
}

function readFlags(args: string[], options: Record<string, Option>): { flags: Flags; words: string[] } {
  const known = Object.fromEntries(Object.entries(options).map(([name, option]) => [name, forNode(option)]));
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: known });
    for (const [name, value] of Object.entries(values)) assertAmong(options[name]?.choices, name, value);
    return { flags: values, words: positionals };
  } catch (cause) {
    throw new Refused(cause instanceof Error ? cause.message : String(cause));
  }
}

const forNode = ({ type, array, alias }: Option) => ({
  type: type === 'boolean' ? ('boolean' as const) : ('string' as const),
  multiple: array === true,
  ...(typeof alias === 'string' && alias.length === 1 ? { short: alias } : {}),
});

function assertAmong(choices: Option['choices'], name: string, value: unknown): void {
  if (choices === undefined || choices.some((choice) => choice === value)) return;
  throw new Refused(
    `Invalid values:\n  Argument: ${name}, Given: "${value}", Choices: ${choices.join(', ')}`,
  );
}
