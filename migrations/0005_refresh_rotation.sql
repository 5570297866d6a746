ALTER TABLE `sessions` ADD `refresh_id` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `refresh_parent_id` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `refresh_made_at` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `refresh_used` integer;