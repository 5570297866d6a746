type DeriveBits = SubtleCrypto['deriveBits'];
export type HashCall = { iterations: number; hash: unknown; saltBytes: number; bits: number | undefined };

/** Runs `run` with another `deriveBits`, and puts the platform's back whatever happens. */
async function withDeriveBits<T>(replacement: DeriveBits, run: () => Promise<T>): Promise<T> {
  crypto.subtle.deriveBits = replacement;
  try {
    return await run();
  } finally {
    Reflect.deleteProperty(crypto.subtle, 'deriveBits');
  }
}

/**
 * Sends what `run` sends and, while the first hash of it is pending, makes `change`: whatever was read before
 * the hash is then old, and whatever is written after it comes second.
 */
export async function duringFirstHash<T>(run: () => Promise<T>, change: () => Promise<unknown>): Promise<T> {
  let hashes = 0;
  const replacement: DeriveBits = async (algorithm, key, length) => {
    const bits = SubtleCrypto.prototype.deriveBits.call(crypto.subtle, algorithm, key, length);
    if (++hashes === 1) await change();
    return bits;
  };
  const result = await withDeriveBits(replacement, run);
  if (hashes === 0) throw new Error('nothing was hashed, so nothing was changed meanwhile');
  return result;
}

/** The parameters of every hash that `run` makes. */
export async function hashesOf(run: () => Promise<unknown>): Promise<HashCall[]> {
  const calls: HashCall[] = [];
  const replacement: DeriveBits = (algorithm, key, bits) => {
    calls.push({ ...parametersOf(algorithm), bits: bits ?? undefined });
    return SubtleCrypto.prototype.deriveBits.call(crypto.subtle, algorithm, key, bits);
  };
  await withDeriveBits(replacement, run);
  return calls;
}

/** What PBKDF2 was told; the salt itself differs by intent, its length must not. */
function parametersOf(algorithm: unknown): Omit<HashCall, 'bits'> {
  const { iterations, hash, salt } = algorithm as { iterations: number; hash: unknown; salt: Uint8Array };
  return { iterations, hash, saltBytes: salt.byteLength };
}
