import { sql } from 'drizzle-orm';
import type { HealthStore } from '../core/health.ts';
import { type Database, read } from './client.ts';

export function createHealthStore(db: Database): HealthStore {
  return {
    async ping() {
      await read(() => db.run(sql`select 1`));
    },
  };
}
