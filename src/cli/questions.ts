// What a script asks at a terminal.

import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { UsageError } from './options.ts';

/** Whether there is a person to ask. */
export const canAsk = (): boolean => process.stdin.isTTY === true;

/** Asks on stderr, so that stdout has only what a script tells. @throws UsageError when the person gives up. */
export async function ask(question: string): Promise<string> {
  const prompt = openPrompt(process.stderr);
  try {
    return await answerTo(prompt, question);
  } finally {
    prompt.close();
  }
}

/** As `ask`, one question after the other, without showing what is typed. */
export async function askSecretly(questions: readonly string[]): Promise<string[]> {
  // Opened first and once: the terminal shows what is typed whenever no prompt is open.
  const prompt = openPrompt(new Writable({ write: (_chunk, _encoding, done) => done() }));
  const answers: string[] = [];
  try {
    for (const question of questions) {
      process.stderr.write(question);
      answers.push(await answerTo(prompt, ''));
      process.stderr.write('\n');
    }
    return answers;
  } finally {
    prompt.close();
  }
}

const openPrompt = (output: NodeJS.WritableStream): Interface =>
  createInterface({ input: process.stdin, output, terminal: true });

function answerTo(prompt: Interface, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new UsageError('\nNothing was changed.'));
    prompt.once('SIGINT', giveUp).once('close', giveUp);
    prompt.question(question).then(resolve, reject);
  });
}

/** The one line that was piped in, without its line break. @throws UsageError when there are none or several. */
export async function readPipedLine(): Promise<string> {
  const line = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (line === '' || /[\r\n]/.test(line)) throw new UsageError('Pipe in the password as one line.');
  return line;
}
