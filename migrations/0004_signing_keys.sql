CREATE TABLE `signing_keys` (
	`secret_name` text PRIMARY KEY NOT NULL,
	`kid` text NOT NULL,
	`public_jwk` text NOT NULL,
	`added_at` integer NOT NULL,
	`replaced_at` integer,
	`token_ttl_seconds` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `signing_keys_kid_unique` ON `signing_keys` (`kid`);