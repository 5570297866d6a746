import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditFilter } from '../../src/core/audit-events.ts';
import { createAuditEventStore } from '../../src/db/audit-events.ts';
import { connect } from '../../src/db/client.ts';
import { auditEvents } from '../../src/db/schema.ts';
import { env } from '../support/env.ts';
import { counted } from '../support/intercepted-database.ts';
import { db } from '../support/stores.ts';

const START = Date.UTC(2030, 0, 1);
const at = (seconds: number) => new Date(START + seconds * 1000);

/** Events of the seconds 1, 2, 2, 3 and 5, of two users. */
beforeEach(async () => {
  const events = [1, 2, 2, 3, 5].map((second, index) => ({
    key: `at ${index}`,
    event: index % 2 === 0 ? ('user_updated' as const) : ('user_created' as const),
    createdAt: at(second).getTime(),
    lastAt: at(second).getTime(),
    count: 1,
    userId: index < 3 ? 1 : 2,
    actorId: 1,
    address: '203.0.113.7',
    detail: '{}',
  }));
  await db.delete(auditEvents);
  await db.insert(auditEvents).values(events);
});

const store = createAuditEventStore(db);
const secondsOf = async (filter: AuditFilter) =>
  (await store.list(filter, null, 100)).map(({ createdAt }) => (createdAt.getTime() - START) / 1000);

describe('a stretch of time', () => {
  it.each<[string, AuditFilter, number[]]>([
    ['all', {}, [5, 3, 2, 2, 1]],
    ['from an instant on', { since: at(2) }, [5, 3, 2, 2]],
    ['from one between events on', { since: at(4) }, [5]],
    ['from one after all', { since: at(6) }, []],
    ['before an instant', { until: at(2) }, [1]],
    ['before one between events', { until: at(2.5) }, [2, 2, 1]],
    ['before the first', { until: at(1) }, []],
    ['between two', { since: at(2), until: at(5) }, [3, 2, 2]],
    ['between two that hold nothing', { since: at(3.5), until: at(5) }, []],
    ['that ends before it begins', { since: at(5), until: at(2) }, []],
    ['of a user', { since: at(2), userId: 1 }, [2, 2]],
    ['of an event', { until: at(5), event: 'user_updated' }, [2, 1]],
  ])('%s', async (_, filter, seconds) => {
    expect(await secondsOf(filter)).toEqual(seconds);
  });
});

describe('an event that is counted', () => {
  const last = (key: string, lastAt: Date) =>
    db.update(auditEvents).set({ count: 2, lastAt: lastAt.getTime() }).where(eq(auditEvents.key, key));

  it('is in each stretch that it reaches into, and that begins before it ends', async () => {
    await last('at 0', at(4));
    expect(await secondsOf({ since: at(4) })).toEqual([5, 1]);
    expect(await secondsOf({ since: at(4.5) })).toEqual([5]);
    expect(await secondsOf({ since: at(3), until: at(5) })).toEqual([3, 1]);
    expect(await secondsOf({ until: at(1) })).toEqual([]);
    expect(await secondsOf({ until: at(2) })).toEqual([1]);
  });

  it('is found where its last was written after the minute in which it began', async () => {
    await last('at 4', at(70));
    expect(await secondsOf({ since: at(70) })).toEqual([5]);
  });
});

describe('no list scans or sorts the log', () => {
  const [since, until] = [at(1), at(2)];
  const byIds = /^SEARCH audit_events USING INTEGER PRIMARY KEY/;

  it.each<[AuditFilter, RegExp]>([
    [{ since, until }, byIds],
    [{ since }, byIds],
    [{ until }, byIds],
    [{ event: 'user_created', since, until }, /USING INDEX audit_events_event \(event=\? AND rowid/],
    [{ userId: 1, since, until }, /USING INDEX audit_events_user \(user_id=\? AND rowid/],
    [{ actorId: 1, since, until }, /USING INDEX audit_events_actor \(actor_id=\? AND rowid/],
    [{ address: '203.0.113.7', since, until }, /USING INDEX audit_events_address \(address=\? AND rowid/],
    [{ event: 'user_created' }, /USING INDEX audit_events_event/],
  ])('%j', async (filter, search) => {
    const { database, trips } = counted(env.DB);
    await createAuditEventStore(connect(database)).list(filter, { direction: 'older', than: 9 }, 100);
    const [sql = ''] = trips[0]?.statements ?? [];
    const values = sql.match(/\?/g)?.map(() => null) ?? [];
    const { results } = await env.DB.prepare(`explain query plan ${sql}`)
      .bind(...values)
      .all<{ detail: string }>();
    const details = results.map(({ detail }) => detail);
    expect(details[0]).toMatch(search);
    expect(details.filter((detail) => /SCAN (?!CONSTANT)|TEMP B-TREE/.test(detail))).toEqual([]);
  });
});
