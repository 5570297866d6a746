/**
 * Reads a JSON text that this service stored; the caller knows the type of what it wrote there.
 * @throws Error without a word of the content, which must reach no log: JSON.parse quotes it.
 */
export function parseStored<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Error('a stored text is no JSON');
  }
}
