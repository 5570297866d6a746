import type { ApiKeyDeps } from './api-keys.ts';
import type { AuditDeps } from './audit-events.ts';
import type { CallerDeps } from './callers.ts';
import type { GroupDeps } from './groups.ts';
import type { HealthDeps } from './health.ts';
import type { HousekeepingDeps } from './housekeeping.ts';
import type { SessionDeps } from './sessions.ts';
import type { SuperuserDeps } from './superuser.ts';
import type { UserDeps } from './users.ts';

/** Everything the rules need from outside, for one environment; each rule asks for its own part of it. */
export type Deps = SessionDeps &
  CallerDeps &
  UserDeps &
  GroupDeps &
  ApiKeyDeps &
  AuditDeps &
  SuperuserDeps &
  HealthDeps &
  HousekeepingDeps & {
    /** No rule's concern, but of the same environment: whose pages may call. */
    corsOrigins: readonly string[];
  };
