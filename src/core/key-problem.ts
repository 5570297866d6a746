/** Why a secret cannot be used. Its message names the secret and tells nothing of the material, so it can be logged. */
export class KeyProblem extends Error {}
