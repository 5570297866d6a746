ALTER TABLE `api_keys` ADD `made_by` text DEFAULT 'own' NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `id_is_digest` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `password_set_by` text DEFAULT 'own' NOT NULL;--> statement-breakpoint
-- What audit events tell of who set passwords: the last event whose actor is someone else decides. An actor counts as
-- admin if it is one now and came without an API key.
UPDATE users SET password_set_by = set_by FROM (
  SELECT e.user_id, CASE
    WHEN e.actor_id IS NULL THEN 'admin'
    WHEN e.actor_kind <> 'api_key' AND EXISTS (SELECT 1 FROM users a WHERE a.id = e.actor_id AND a.user_level >= 10) THEN 'admin'
    ELSE 'other'
  END AS set_by
  FROM audit_events e
  WHERE e.id IN (
    SELECT max(id) FROM audit_events
    WHERE event IN ('authn_password_change', 'user_created') AND user_id IS NOT NULL
      AND (actor_id <> user_id OR (actor_id IS NULL AND json_extract(detail, '$.by') = 'operator'))
    GROUP BY user_id
  )
) AS told WHERE told.user_id = users.id;--> statement-breakpoint
-- What they tell of who made keys. A key that replaced itself has the maker of the first one of its line.
WITH RECURSIVE
  made (key_id, user_id, actor_id, actor_kind, actor_credential) AS MATERIALIZED (
    SELECT json_extract(detail, '$.api_key_id'), user_id, actor_id, actor_kind, actor_credential
    FROM audit_events WHERE event = 'authn_token_created' AND actor_id IS NOT NULL
  ),
  line (key_id, user_id, actor_id, actor_kind, actor_credential) AS (
    SELECT made.* FROM api_keys JOIN made ON made.key_id = api_keys.id
    UNION
    SELECT line.key_id, made.user_id, made.actor_id, made.actor_kind, made.actor_credential
    FROM line JOIN made ON made.key_id = cast(line.actor_credential AS integer)
    WHERE line.actor_kind = 'api_key' AND line.actor_id = line.user_id
  )
UPDATE api_keys SET made_by = CASE
  WHEN line.actor_kind <> 'api_key' AND EXISTS (SELECT 1 FROM users a WHERE a.id = line.actor_id AND a.user_level >= 10) THEN 'admin'
  ELSE 'other'
END FROM line WHERE line.key_id = api_keys.id AND line.actor_id <> line.user_id;--> statement-breakpoint
-- A key that its user made while the password was set by someone else.
UPDATE api_keys SET made_by = 'other' WHERE made_by = 'own' AND (
  SELECT e.actor_id IS NOT NULL AND (e.actor_kind = 'api_key' OR NOT EXISTS (
    SELECT 1 FROM users a WHERE a.id = e.actor_id AND a.user_level >= 10
  ))
  FROM audit_events e
  WHERE e.user_id = api_keys.user_id AND e.event IN ('authn_password_change', 'user_created')
    AND e.created_at <= api_keys.created_at
    AND (e.actor_id <> e.user_id OR (e.actor_id IS NULL AND json_extract(e.detail, '$.by') = 'operator'))
  ORDER BY e.id DESC LIMIT 1
);
