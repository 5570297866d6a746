/** The error for a secret that cannot be used. The message names the secret and nothing of its material: it can be logged. */
export class KeyProblem extends Error {}
