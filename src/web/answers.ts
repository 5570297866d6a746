// What the service answers, as its own schemas say.

import type { z } from '@hono/zod-openapi';
import type {
  apiKeySchema,
  groupSchema,
  meSchema,
  permissionSchema,
  sessionSchema,
  userSchema,
} from '../http/schemas.ts';

export type User = z.input<typeof userSchema>;
export type Me = z.input<typeof meSchema>;
export type ApiKey = z.input<typeof apiKeySchema>;
export type Session = z.input<typeof sessionSchema>;
export type Group = z.input<typeof groupSchema>;
export type Permission = z.input<typeof permissionSchema>;
export type PageOf<Row> = { count: number; next: string | null; results: Row[] };
export type ApiKeyPage = PageOf<ApiKey> & { keys_per_user: number };
export type CreatedKey = { key: string; key_preview: string };
export type SuperuserState = {
  superuser_exists: boolean;
  client_ip?: string | null;
  setup_allowed?: boolean;
};
