/** Leaves work for after the answer. It may fail, and nothing that the answer said may depend on it. */
export type Afterwards = (work: () => Promise<void>) => void;
