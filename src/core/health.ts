export interface HealthStore {
  /** @throws DomainError `unavailable` when the database does not answer. */
  ping(): Promise<void>;
}

export type HealthDeps = { health: HealthStore };

/** @throws DomainError `unavailable` when a part that every answer needs does not answer. */
export const assertHealthy = (deps: HealthDeps): Promise<void> => deps.health.ping();
