import files from '../../../.wrangler/page-files.json' with { type: 'json' };
import { html } from '../answer.ts';
import type { Mounted } from '../router.ts';

/** Scripts and styles from our own origin and nothing else; no script may write markup. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** What is seen before the script runs is what it shows first, so that nothing moves. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Edge Accounts</title>
<link rel="icon" href="/favicon.ico">
<link rel="stylesheet" href="${files.style}">
<script type="module" src="${files.script}"></script>
</head>
<body>
<div id="app"><header><div class="bar"><span class="brand">Edge Accounts</span></div></header></div>
<noscript><main><h1>Edge Accounts</h1><p>This page needs JavaScript.</p></main></noscript>
</body>
</html>
`;

/** The page at `/`: sign in, profile, administration. Built from src/web; it asks the API like any other client. */
export const pageRoutes: Mounted[] = [
  {
    config: { method: 'get', path: '/' },
    // It names files by their content: an old one would ask for what is gone after an upgrade.
    serve: async () => html(PAGE, { 'Content-Security-Policy': PAGE_POLICY, 'Cache-Control': 'no-cache' }),
  },
];
