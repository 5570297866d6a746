const NAMES = new Map([
  [0, 'Streamer'],
  [1, 'Standard'],
  [10, 'Admin'],
]);

export const levelName = (level: number): string => NAMES.get(level) ?? `Level ${level}`;

/** The levels to choose from, with the present one even where it is none of ours. */
export function levelOptions(present: number): { value: string; label: string }[] {
  const levels = [...NAMES.keys(), ...(NAMES.has(present) ? [] : [present])];
  return levels.map((level) => ({ value: String(level), label: levelName(level) }));
}
