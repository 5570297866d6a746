// What the service takes and answers, made from its OpenAPI document: `npm run client:types` writes it anew.

export type Verify = {
  /** Of either kind. */
  token: string;
};

export type GoodToken = {
  active: true;
  kind: 'access_token' | 'refresh_token' | 'api_key';
  /** How an access token is used (RFC 6749 section 7.1); others have none. */
  token_type?: 'Bearer';
  /** The id of the user, as in tokens. */
  sub: string;
  username: string;
  /** The permissions, separated by blanks. */
  scope: string;
  user_id: number;
  user_level: number;
  permissions: (
    | 'add_user'
    | 'change_user'
    | 'delete_user'
    | 'view_user'
    | 'add_group'
    | 'change_group'
    | 'delete_group'
    | 'view_group'
    | 'add_apikey'
    | 'delete_apikey'
    | 'view_apikey'
    | 'view_permission'
    | 'view_session'
    | 'delete_session'
    | 'view_auditevent'
    | 'introspect_token'
  )[];
  /** Seconds since 1970. A key does not expire, and has no member below either. */
  exp?: number;
  /** Seconds since 1970. */
  iat?: number;
  /** The id of the token. */
  jti?: string;
  /** The id of the session, as in lists; a token of another issuer may have none. */
  sid?: string;
  /** With `JWT_ISSUER`. */
  iss?: string;
  /** With `JWT_AUDIENCE`. */
  aud?: string;
};

export type NoGoodToken = {
  active: false;
};

export type AskedToken = {
  /** A token or a key. */
  token: string;
  /** Ignored. */
  token_type_hint?: string;
};

export type RevokedToken = {
  /** A token or a key. */
  token: string;
  /** Ignored. */
  token_type_hint?: string;
};

export type Me = User & {
  /** What the caller may do now; all of them for admins. */
  permissions: (
    | 'add_user'
    | 'change_user'
    | 'delete_user'
    | 'view_user'
    | 'add_group'
    | 'change_group'
    | 'delete_group'
    | 'view_group'
    | 'add_apikey'
    | 'delete_apikey'
    | 'view_apikey'
    | 'view_permission'
    | 'view_session'
    | 'delete_session'
    | 'view_auditevent'
    | 'introspect_token'
  )[];
};

export type User = {
  id: number;
  username: string;
  /** Empty when there is none. */
  email: string;
  first_name: string;
  last_name: string;
  /** 0 streamer, 1 standard, 10 and above admin. */
  user_level: number;
  is_active: boolean;
  /** Stored, without effect. */
  is_staff: boolean;
  /** Stored, without effect. */
  is_superuser: boolean;
  /** When the user was created. */
  date_joined: string;
  /** The last login with a password. */
  last_login: string | null;
  /** Always null: keys are kept as digests. */
  api_key: null;
  api_key_preview: string | null;
  /** `xc_password` and `allowed_networks` are shown to the user itself and to admins only. */
  custom_properties: Record<string, unknown>;
  avatar_config: Record<string, unknown>;
  channel_profiles: number[];
  stream_limit: number;
  groups: number[];
};

export type MeChanges = {
  email?: string;
  first_name?: string;
  last_name?: string;
  /** Merged into what is stored; a member set to null is deleted. At most 100 KB. */
  custom_properties?: Record<string, unknown>;
  /** At least PASSWORD_MIN_LENGTH characters (8), at most 1,024 bytes. */
  password?: string;
  /** Checked whenever it is sent. */
  current_password?: string;
};

export type UserPage = {
  /** Rows in all. */
  count: number;
  next: string | null;
  previous: string | null;
  results: User[];
};

export type NewUser = {
  /** Letters A to Z, digits and . _ @ -; unique and case-sensitive. */
  username: string;
  /** At least PASSWORD_MIN_LENGTH characters (8), at most 1,024 bytes. */
  password: string;
  email?: string;
  first_name?: string;
  last_name?: string;
  /** Merged into what is stored; a member set to null is deleted. At most 100 KB. */
  custom_properties?: Record<string, unknown>;
  /** 0 streamer, 1 standard, 10 and above admin. */
  user_level?: number;
  /** An inactive user cannot sign in. */
  is_active?: boolean;
  /** Stored, without effect. */
  is_staff?: boolean;
  /** Stored, without effect. */
  is_superuser?: boolean;
  /** Replaced as a whole. */
  avatar_config?: Record<string, unknown>;
  /** Ids of channel profiles. */
  channel_profiles?: number[];
  /** 0 for no limit. */
  stream_limit?: number;
  /** Ids of groups. */
  groups?: number[];
};

export type UserReplacement = {
  /** Letters A to Z, digits and . _ @ -; unique and case-sensitive. */
  username: string;
  /** At least PASSWORD_MIN_LENGTH characters (8), at most 1,024 bytes. */
  password?: string;
  email?: string;
  first_name?: string;
  last_name?: string;
  /** Merged into what is stored; a member set to null is deleted. At most 100 KB. */
  custom_properties?: Record<string, unknown>;
  /** 0 streamer, 1 standard, 10 and above admin. */
  user_level?: number;
  /** An inactive user cannot sign in. */
  is_active?: boolean;
  /** Stored, without effect. */
  is_staff?: boolean;
  /** Stored, without effect. */
  is_superuser?: boolean;
  /** Replaced as a whole. */
  avatar_config?: Record<string, unknown>;
  /** Ids of channel profiles. */
  channel_profiles?: number[];
  /** 0 for no limit. */
  stream_limit?: number;
  /** Ids of groups. */
  groups?: number[];
};

export type UserChanges = {
  /** Letters A to Z, digits and . _ @ -; unique and case-sensitive. */
  username?: string;
  /** At least PASSWORD_MIN_LENGTH characters (8), at most 1,024 bytes. */
  password?: string;
  email?: string;
  first_name?: string;
  last_name?: string;
  /** Merged into what is stored; a member set to null is deleted. At most 100 KB. */
  custom_properties?: Record<string, unknown>;
  /** 0 streamer, 1 standard, 10 and above admin. */
  user_level?: number;
  /** An inactive user cannot sign in. */
  is_active?: boolean;
  /** Stored, without effect. */
  is_staff?: boolean;
  /** Stored, without effect. */
  is_superuser?: boolean;
  /** Replaced as a whole. */
  avatar_config?: Record<string, unknown>;
  /** Ids of channel profiles. */
  channel_profiles?: number[];
  /** 0 for no limit. */
  stream_limit?: number;
  /** Ids of groups. */
  groups?: number[];
};

export type Session = {
  /** Not the `sid` of its tokens, which nobody is shown. */
  id: string;
  user_id: number;
  username: string;
  /** What the client seems to be. */
  device: string;
  user_agent: string;
  address: string | null;
  /** ISO 3166, as the platform tells. */
  country: string | null;
  /** The login. */
  created_at: string;
  /** The login or its last refresh. */
  last_seen_at: string;
  /** When it ends by itself. */
  expires_at: string;
  /** Whether this request came with it. */
  current: boolean;
};

export type SessionPage = {
  /** Rows in all. */
  count: number;
  next: string | null;
  previous: string | null;
  results: Session[];
};

export type ApiKeyPage = {
  /** Rows in all. */
  count: number;
  next: string | null;
  previous: string | null;
  results: ApiKey[];
  key: null;
  /** How many a user may have. At 1 a new key replaces all of them, else the one of its name. */
  keys_per_user: number;
};

export type ApiKey = {
  id: number;
  user_id: number;
  username: string;
  /** Empty for the personal key. */
  name: string;
  key_preview: string;
  /** When the key was made. */
  created_at: string;
  /** Coarse: noted at most once in five minutes. */
  last_used_at: string | null;
};

export type CreatedApiKey = {
  /** The key itself: shown in this answer and never again. */
  key: string;
  user: User;
  id: number;
  name: string;
  key_preview: string;
  created_at: string;
};

export type NewApiKey = {
  /** Whose key; oneself when absent or null. Another user asks for a permission. */
  user_id?: number | string | null;
  name?: string;
};

export type RevokeApiKey = {
  /** Whose key; oneself when absent or null. Another user asks for a permission. */
  user_id?: number | string | null;
};

export type AuditEventPage = {
  next: string | null;
  previous: string | null;
  results: AuditEvent[];
};

export type AuditEvent = {
  id: number;
  event:
    | 'authn_login_success'
    | 'authn_login_fail'
    | 'authn_login_fail_max'
    | 'authn_login_lock'
    | 'authn_password_change'
    | 'authn_password_change_fail'
    | 'authn_token_created'
    | 'authn_token_reuse'
    | 'authn_token_revoked'
    | 'excess_rate_limit_exceeded'
    | 'privilege_permissions_changed'
    | 'user_created'
    | 'user_deleted'
    | 'user_updated';
  /** When it happened. */
  created_at: string;
  /** How often, where one row stands for a minute of them. */
  count: number;
  /** When it happened last. */
  last_at: string;
  /** Whom it concerns; it stays when the user is gone. */
  user_id: number | null;
  /** Of a user that exists. */
  username: string | null;
  /** Who did it; null for whoever had proved nothing. */
  actor_id: number | null;
  actor_username: string | null;
  actor_kind: 'session' | 'api_key' | 'interchange' | 'password' | null;
  /** Id of the session or API key. */
  actor_credential: string | null;
  address: string | null;
  country: string | null;
  /** As in `X-Request-Id`. */
  request_id: string | null;
  detail: Record<string, unknown>;
};

export type Permission = {
  id: number;
  name: string;
  codename:
    | 'add_user'
    | 'change_user'
    | 'delete_user'
    | 'view_user'
    | 'add_group'
    | 'change_group'
    | 'delete_group'
    | 'view_group'
    | 'add_apikey'
    | 'delete_apikey'
    | 'view_apikey'
    | 'view_permission'
    | 'view_session'
    | 'delete_session'
    | 'view_auditevent'
    | 'introspect_token';
};

export type PermissionPage = {
  /** Rows in all. */
  count: number;
  next: string | null;
  previous: string | null;
  results: Permission[];
};

export type Group = {
  id: number;
  name: string;
  /** Ids, as `permissions/` lists them. */
  permissions: number[];
};

export type GroupPage = {
  /** Rows in all. */
  count: number;
  next: string | null;
  previous: string | null;
  results: Group[];
};

export type NewGroup = {
  name: string;
  /** Ids, as `permissions/` lists them. */
  permissions: number[];
};

export type GroupChanges = {
  name?: string;
  /** Ids, as `permissions/` lists them. */
  permissions?: number[];
};

export type SuperuserState = {
  superuser_exists: boolean;
  /** Where the request came from; only while no admin exists. */
  client_ip?: string | null;
  /** Whether this caller may create the first admin; only while none exists. */
  setup_allowed?: boolean;
};

export type FirstAdmin = {
  /** Letters A to Z, digits and . _ @ -; unique and case-sensitive. */
  username: string;
  /** At least PASSWORD_MIN_LENGTH characters (8), at most 1,024 bytes. */
  password: string;
  email?: string;
};

/** By method and path; a path is one below `/api/accounts/` unless it begins with a slash. */
export type Operations = {
  /** Ask whether a token is good now. */
  'POST token/verify/': { input: { body: Verify }; answer: object };
  /** Ask what a token or API key is worth. */
  'POST token/introspect/': { input: { body: AskedToken }; answer: GoodToken | NoGoodToken };
  /** End what a token or API key opens. */
  'POST token/revoke/': { input: { body: RevokedToken }; answer: undefined };
  /** Log out: end this login, or others. */
  'POST auth/logout/': {
    input: { query?: { scope?: 'local' | 'others' | 'global' } };
    answer: {
      message: string;
    };
  };
  /** Let a reverse proxy ask who is calling. */
  'GET auth/verify/': {
    input: {
      query?: {
        permission?: (
          | 'add_user'
          | 'change_user'
          | 'delete_user'
          | 'view_user'
          | 'add_group'
          | 'change_group'
          | 'delete_group'
          | 'view_group'
          | 'add_apikey'
          | 'delete_apikey'
          | 'view_apikey'
          | 'view_permission'
          | 'view_session'
          | 'delete_session'
          | 'view_auditevent'
          | 'introspect_token'
        )[];
      };
    };
    answer: undefined;
  };
  /** Read one’s own user. */
  'GET users/me/': { input: object; answer: Me };
  /** Change one’s own profile or password. */
  'PATCH users/me/': { input: { body?: MeChanges }; answer: Me };
  /** List users. */
  'GET users/': {
    input: { query?: { page?: number; page_size?: number; search?: string } };
    answer: User[] | UserPage;
  };
  /** Create a user. */
  'POST users/': { input: { body: NewUser }; answer: User };
  /** Read one user. */
  'GET users/{id}/': { input: { id: number }; answer: User };
  /** Change a user (`username` is required). */
  'PUT users/{id}/': { input: { id: number; body: UserReplacement }; answer: User };
  /** Change a user. */
  'PATCH users/{id}/': { input: { id: number; body?: UserChanges }; answer: User };
  /** Delete a user. */
  'DELETE users/{id}/': { input: { id: number }; answer: undefined };
  /** List live logins. */
  'GET sessions/': {
    input: { query?: { page?: number; page_size?: number; user_id?: number } };
    answer: Session[] | SessionPage;
  };
  /** End one login. */
  'DELETE sessions/{id}/': { input: { id: string }; answer: undefined };
  /** List API keys. */
  'GET api-keys/': {
    input: { query?: { page?: number; page_size?: number; user_id?: number } };
    answer: ApiKeyPage;
  };
  /** Create an API key. */
  'POST api-keys/': { input: { body?: NewApiKey }; answer: CreatedApiKey };
  /** Create an API key. */
  'POST api-keys/generate/': { input: { body?: NewApiKey }; answer: CreatedApiKey };
  /** Revoke the personal API key. */
  'POST api-keys/revoke/': {
    input: { body?: RevokeApiKey };
    answer: {
      success: true;
    };
  };
  /** Read one API key. */
  'GET api-keys/{id}/': { input: { id: number }; answer: ApiKey };
  /** Revoke one API key by its id. */
  'DELETE api-keys/{id}/': { input: { id: number }; answer: undefined };
  /** Read what happened. */
  'GET audit-events/': {
    input: {
      query?: {
        event?:
          | 'authn_login_success'
          | 'authn_login_fail'
          | 'authn_login_fail_max'
          | 'authn_login_lock'
          | 'authn_password_change'
          | 'authn_password_change_fail'
          | 'authn_token_created'
          | 'authn_token_reuse'
          | 'authn_token_revoked'
          | 'excess_rate_limit_exceeded'
          | 'privilege_permissions_changed'
          | 'user_created'
          | 'user_deleted'
          | 'user_updated';
        user_id?: number;
        actor_id?: number;
        address?: string;
        since?: string;
        until?: string;
        page_size?: number;
        cursor?: string;
      };
    };
    answer: AuditEventPage;
  };
  /** List the permissions that groups can give. */
  'GET permissions/': {
    input: { query?: { page?: number; page_size?: number } };
    answer: Permission[] | PermissionPage;
  };
  /** List groups. */
  'GET groups/': { input: { query?: { page?: number; page_size?: number } }; answer: Group[] | GroupPage };
  /** Create a group. */
  'POST groups/': { input: { body: NewGroup }; answer: Group };
  /** Read one group. */
  'GET groups/{id}/': { input: { id: number }; answer: Group };
  /** Replace a group. */
  'PUT groups/{id}/': { input: { id: number; body: NewGroup }; answer: Group };
  /** Change a group. */
  'PATCH groups/{id}/': { input: { id: number; body?: GroupChanges }; answer: Group };
  /** Delete a group. */
  'DELETE groups/{id}/': { input: { id: number }; answer: undefined };
  /** Ask whether the first admin exists. */
  'GET initialize-superuser/': { input: object; answer: SuperuserState };
  /** Create the first admin. */
  'POST initialize-superuser/': { input: { body: FirstAdmin }; answer: SuperuserState };
  /** Ask whether the service and its database answer. */
  'GET /api/health/': {
    input: object;
    answer: {
      status: 'ok';
    };
  };
};
