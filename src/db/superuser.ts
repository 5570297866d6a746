import { sql } from 'drizzle-orm';
import { randomId } from '../core/secrets.ts';
import type { SuperuserStore } from '../core/superuser.ts';
import { atAdminLevel } from './accounts.ts';
import { byNobody } from './audit-events.ts';
import { type Database, raw, read, repeatableWrite } from './client.ts';
import { recordCreation } from './user-events.ts';
import { newUserInsert } from './users.ts';

const noAdmin = sql`not exists (select 1 from users where ${atAdminLevel})`;

export function createSuperuserStore(db: Database): SuperuserStore {
  return {
    async exists() {
      const rows = await read(() => raw(db, sql`select 1 where not ${noAdmin}`));
      return rows.length > 0;
    },
    async insertFirst(user, from) {
      const untaken = sql`not exists (select 1 from users where username = ${user.username})`;
      const changeId = randomId();
      const created = sql`username = ${user.username} and change_id = ${changeId}`;
      const recorded = recordCreation(db, byNobody(from), { user, created });
      const [, admins, stored] = await repeatableWrite(
        () =>
          db.batch([
            raw(
              db,
              newUserInsert(user, { changeId, setBy: 'own', condition: sql`${noAdmin} and ${untaken}` }),
            ),
            raw(db, sql`select 1 where not ${noAdmin}`),
            raw(db, sql`select 1 from users where ${created}`),
            recorded,
          ]),
        { made: ([, , created]) => created.length > 0 },
      );
      if (stored.length > 0) return 'created';
      return admins.length > 0 ? 'superuser_exists' : 'username_taken';
    },
  };
}
