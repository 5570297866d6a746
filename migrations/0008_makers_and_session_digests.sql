ALTER TABLE `api_keys` ADD `made_by` text DEFAULT 'own' NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `id_is_digest` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `password_set_by` text DEFAULT 'own' NOT NULL;--> statement-breakpoint
-- Audit events tell the makers of older passwords and keys. An actor counts as `admin` if it is an admin now and was
-- signed in, since events do not tell levels. The tables below are for this migration only. Without their keys it would
-- compare every event with every other.
CREATE TABLE `password_makers` (`event_id` integer PRIMARY KEY, `user_id` integer, `maker` text);--> statement-breakpoint
INSERT INTO `password_makers`
SELECT e.id, e.user_id, CASE
  WHEN e.actor_id IS NULL THEN 'admin'
  WHEN e.actor_kind = 'session' AND a.user_level >= 10 THEN 'admin'
  ELSE 'other'
END
FROM audit_events e LEFT JOIN users a ON a.id = e.actor_id
WHERE e.event IN ('authn_password_change', 'user_created') AND e.user_id IS NOT NULL
  AND (e.actor_id <> e.user_id OR (e.actor_id IS NULL AND json_extract(e.detail, '$.by') = 'operator'));--> statement-breakpoint
CREATE INDEX `password_makers_user` ON `password_makers` (`user_id`, `event_id`);--> statement-breakpoint
-- The last one who is not the user decides: what the user sets after `other` counts as `other`, too.
UPDATE users SET password_set_by = (
  SELECT maker FROM password_makers WHERE user_id = users.id ORDER BY event_id DESC LIMIT 1
)
WHERE id IN (SELECT user_id FROM password_makers);--> statement-breakpoint
CREATE TABLE `made_keys` (
  `key_id` integer PRIMARY KEY, `event_id` integer, `user_id` integer, `actor_id` integer, `actor_kind` text,
  `replaced_id` integer
);--> statement-breakpoint
INSERT OR REPLACE INTO `made_keys`
SELECT json_extract(detail, '$.api_key_id'), id, user_id, actor_id, actor_kind,
  CASE WHEN actor_kind = 'api_key' AND actor_id = user_id THEN cast(actor_credential AS integer) END
FROM audit_events WHERE event = 'authn_token_created' AND actor_id IS NOT NULL;--> statement-breakpoint
-- A key that replaced itself hands on its maker, so the first key of its line decides, and the password at that time.
CREATE TABLE `first_keys` (`key_id` integer PRIMARY KEY, `first_id` integer);--> statement-breakpoint
INSERT INTO `first_keys`
WITH RECURSIVE line (key_id, first_id, replaced_id) AS (
  SELECT api_keys.id, api_keys.id, made_keys.replaced_id
  FROM api_keys JOIN made_keys ON made_keys.key_id = api_keys.id
  UNION ALL
  SELECT line.key_id, made_keys.key_id, made_keys.replaced_id
  FROM line JOIN made_keys ON made_keys.key_id = line.replaced_id
)
SELECT key_id, min(first_id) FROM line GROUP BY key_id;--> statement-breakpoint
UPDATE api_keys SET made_by = (
  SELECT CASE
    WHEN (
      SELECT maker FROM password_makers p
      WHERE p.user_id = made.user_id AND p.event_id < made.event_id ORDER BY p.event_id DESC LIMIT 1
    ) = 'other' THEN 'other'
    WHEN made.actor_id = made.user_id THEN 'own'
    WHEN made.actor_kind = 'session' AND a.user_level >= 10 THEN 'admin'
    ELSE 'other'
  END
  FROM first_keys f JOIN made_keys made ON made.key_id = f.first_id LEFT JOIN users a ON a.id = made.actor_id
  WHERE f.key_id = api_keys.id
)
WHERE id IN (SELECT key_id FROM first_keys);--> statement-breakpoint
-- A key that no event tells of, of a user whose password was by `other` when the key was made.
UPDATE api_keys SET made_by = 'other' WHERE id NOT IN (SELECT key_id FROM first_keys) AND (
  SELECT maker FROM password_makers p JOIN audit_events e ON e.id = p.event_id
  WHERE p.user_id = api_keys.user_id AND e.created_at <= api_keys.created_at ORDER BY p.event_id DESC LIMIT 1
) = 'other';--> statement-breakpoint
DROP TABLE `first_keys`;--> statement-breakpoint
DROP TABLE `made_keys`;--> statement-breakpoint
DROP TABLE `password_makers`;
