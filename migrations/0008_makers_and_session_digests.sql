ALTER TABLE `api_keys` ADD `made_by` text DEFAULT 'own' NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `id_is_digest` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `password_set_by` text DEFAULT 'own' NOT NULL;