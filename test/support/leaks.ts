/** Something that left the service: a log line, or an answer with its headers. */
export type Spoken = {
  where: string;
  text: string;
  /** The secrets that this one has to carry. */
  carries?: readonly string[];
};

/** Values by a name that may be printed. */
export type Secrets = Map<string, string>;

/** Where a secret is told that must not be, in plain or written as JSON, URLs and base64 write it. */
export function leaksIn(spoken: readonly Spoken[], secrets: Secrets): string[] {
  const leaks: string[] = [];
  for (const { where, text, carries = [] } of spoken) {
    for (const [name, value] of secrets) {
      if (carries.includes(value)) continue;
      if (spellingsOf(value).some((spelling) => text.includes(spelling))) leaks.push(`${name} in ${where}`);
    }
  }
  return leaks;
}

function spellingsOf(value: string): string[] {
  const base64 = btoa(value).replace(/=+$/, '');
  const base64url = base64.replaceAll('+', '-').replaceAll('/', '_');
  // The last characters depend on what follows the value.
  const beginnings = [base64, base64url].map((text) => text.slice(0, -2));
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), ...beginnings];
}
