import { parseArgs } from 'node:util';
import { type Option, readCommands } from './pinned.ts';

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

/**
 * Reads a command line by the definitions of the pinned wrangler itself: the commands, their options with their kinds
 * and choices, and how many words follow. @throws Refused for what wrangler would refuse.
 */
export function parseCall(argv: readonly string[]): Call {
  const commands = readCommands();
  const depth = [3, 2, 1].find((words) => argv.slice(0, words).join(' ') in commands) ?? 0;
  const name = argv.slice(0, depth).join(' ');
  const command = commands[name];
  if (command === undefined) throw new Refused(`Unknown command: "${argv.join(' ')}"`);
  const { flags, words } = readFlags(argv.slice(depth), command.options);
  const given = new Set([...command.words.slice(0, words.length), ...Object.keys(flags)]);
  const missing = Object.keys(command.options).filter(
    (option) => command.options[option]?.demandOption && !given.has(option),
  );
  if (missing.length > 0) throw new Refused(`Missing required arguments: ${missing.join(', ')}`);
  if (words.length > command.words.length) throw new Refused(`Unknown argument: ${words.at(-1)}`);
  return { command: name, positionals: words, flags, shouldNameEnv: command.shouldNameEnv };
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
