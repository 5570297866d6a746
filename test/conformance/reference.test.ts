import { describe, expect, it } from 'vitest';
import { type Expected, expectedOf, mismatches } from './compare.ts';
import { DIFFERENCES, UNKNOWN_METHOD } from './differences.ts';
import { asOurs, RULES } from './everywhere.ts';
import { type Recorded, recording } from './recording.ts';
import { createReplay } from './replay.ts';

const replay = createReplay();
const sent = recording.filter(({ n }) => n !== UNKNOWN_METHOD);
const changeOf = ({ n }: Recorded) => DIFFERENCES.find(({ lines }) => n in lines)?.lines[n];

/** HEAD has no body, whatever GET would answer. */
const expectedOfUs = (expected: Expected, { method, path }: Recorded): Expected => ({
  ...expected,
  body: method === 'HEAD' ? undefined : asOurs(expected.body, path),
});

const counts = { equal: 0, different: 0, ruled: RULES.map(() => 0) };

/** The requests build on each other, so they are sent in their order, one test after the other. */
describe('a program written for the reference gets its answer', () => {
  it.each(sent)('$n $group: $name', async (line) => {
    const recorded = expectedOf(line);
    const change = changeOf(line);
    const answer = await replay.answerTo(line);
    const found = (expected: Expected) => mismatches(expectedOfUs(expected, line), answer, replay.kept);
    expect(found(change?.(recorded, line) ?? recorded)).toEqual([]);
    // A difference that is none any more has to leave the table.
    const isEqual = found(recorded).length === 0;
    expect({ isEqual }).toEqual({ isEqual: change === undefined });
    counts[isEqual ? 'equal' : 'different']++;
    for (const [i, { ours }] of RULES.entries()) {
      if (isEqual && ours(recorded.body, line.path) !== recorded.body)
        counts.ruled[i] = (counts.ruled[i] ?? 0) + 1;
    }
  });
});

describe('the table of differences', () => {
  const numbers = DIFFERENCES.flatMap(({ lines }) => Object.keys(lines).map(Number));

  it('names recorded requests alone, each with one reason', () => {
    const recorded = new Set(sent.map(({ n }) => n));
    expect(numbers.filter((n) => !recorded.has(n))).toEqual([]);
    expect(numbers.filter((n, i) => numbers.indexOf(n) !== i)).toEqual([]);
  });

  it('never copies an answer of 500', () => {
    const crashes = sent.filter(({ status }) => status >= 500).map(({ n }) => n);
    expect(crashes.filter((n) => !numbers.includes(n))).toEqual([]);
  });

  it('accounts for every recorded request', () => {
    const { equal, different, ruled } = counts;
    const rules = RULES.map(({ why }, i) => `  ${ruled[i]} of them: ${why}`);
    console.log(
      [
        `conformance: ${recording.length} recorded requests, of which 1 cannot be sent on Workers`,
        `  ${equal} answered alike`,
        ...rules,
        `  ${different} as the table of differences says, for ${DIFFERENCES.length} reasons`,
      ].join('\n'),
    );
    for (const count of ruled) expect(count).toBeGreaterThan(0);
    expect(equal + different + 1).toBe(recording.length);
    expect(different).toBe(numbers.length);
  });

  it('leaves out one request, whose method Workers do not have', () => {
    const line = recording.find(({ n }) => n === UNKNOWN_METHOD);
    expect(() => new Request('http://localhost/', { method: line?.method ?? '' })).toThrow(/HTTP method/);
  });
});
