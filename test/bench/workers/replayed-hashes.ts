type DeriveBits = SubtleCrypto['deriveBits'];

/** The results of `deriveBits` by its length: with them a login costs what it costs without its hash. */
const results = new Map<string, ArrayBuffer>();

/** Keeps what `deriveBits` gives from now on. */
export function recordHashes(): void {
  const record: DeriveBits = async (algorithm, key, length) => {
    const bits = await SubtleCrypto.prototype.deriveBits.call(crypto.subtle, algorithm, key, length);
    results.set(saltOf(algorithm), bits);
    return bits;
  };
  crypto.subtle.deriveBits = record;
}

/** Gives it again, without computing. */
export function replayHashes(): void {
  const replay: DeriveBits = async (algorithm) => {
    const bits = results.get(saltOf(algorithm));
    if (bits === undefined) throw new Error('no hash with this salt was recorded');
    return bits;
  };
  crypto.subtle.deriveBits = replay;
}

/** Each link of a chain has the one before as its salt, so a salt names a hash of the one password. */
const saltOf = (algorithm: unknown): string => String((algorithm as { salt: Uint8Array }).salt);
