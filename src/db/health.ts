import { sql } from 'drizzle-orm';
import type { HealthStore } from '../core/health.ts';
import { answered, type Database } from './client.ts';

export function createHealthStore(db: Database): HealthStore {
  return {
    async ping() {
      await answered(db.run(sql`select 1`));
    },
  };
}
