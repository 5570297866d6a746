DROP INDEX `audit_events_actor`;--> statement-breakpoint
CREATE INDEX `audit_events_actor` ON `audit_events` (`actor_id`) WHERE actor_id is not null;--> statement-breakpoint
DROP INDEX `sessions_user`;--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`,`created_at`);