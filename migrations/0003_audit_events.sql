CREATE TABLE `audit_events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key` text NOT NULL,
	`event` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	`count` integer NOT NULL,
	`user_id` integer,
	`actor_id` integer,
	`actor_kind` text,
	`actor_credential` text,
	`address` text,
	`country` text,
	`request_id` text,
	`detail` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `audit_events_key_unique` ON `audit_events` (`key`);--> statement-breakpoint
CREATE INDEX `audit_events_age` ON `audit_events` (`created_at`);--> statement-breakpoint
CREATE INDEX `audit_events_event` ON `audit_events` (`event`);--> statement-breakpoint
CREATE INDEX `audit_events_user` ON `audit_events` (`user_id`);--> statement-breakpoint
CREATE INDEX `audit_events_actor` ON `audit_events` (`actor_id`);--> statement-breakpoint
CREATE INDEX `audit_events_address` ON `audit_events` (`address`);