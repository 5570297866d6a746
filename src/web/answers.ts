// What the service answers, as its own schemas say.

import type * as z from 'zod/mini';
import type {
  apiKeySchema,
  groupSchema,
  meSchema,
  permissionSchema,
  sessionSchema,
  userSchema,
} from '../http/schemas.ts';

export type User = z.input<ReturnType<typeof userSchema>>;
export type Me = z.input<ReturnType<typeof meSchema>>;
export type ApiKey = z.input<ReturnType<typeof apiKeySchema>>;
export type Session = z.input<ReturnType<typeof sessionSchema>>;
export type Group = z.input<ReturnType<typeof groupSchema>>;
export type Permission = z.input<ReturnType<typeof permissionSchema>>;
export type PageOf<Row> = { count: number; next: string | null; results: Row[] };
export type ApiKeyPage = PageOf<ApiKey> & { keys_per_user: number };
export type CreatedKey = { key: string; key_preview: string };
export type SuperuserState = {
  superuser_exists: boolean;
  client_ip?: string | null;
  setup_allowed?: boolean;
};
