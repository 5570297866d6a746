import document from '../../../.wrangler/openapi.json' with { type: 'json' };
import { Answer, html, JSON_TYPE } from '../answer.ts';
import type { Mounted } from '../router.ts';

/** The next deployment may bring another. */
const REVALIDATED = 'no-cache';
const ASSETS = '/assets/swagger';
/** Swagger UI sets styles on elements and draws its icons from data URLs; everything else is our own origin. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Edge Accounts API</title>
    <link rel="icon" type="image/png" href="${ASSETS}/favicon-32x32.png">
    <link rel="stylesheet" href="${ASSETS}/swagger-ui.css">
  </head>
  <body>
    <nav class="swagger-ui"><p class="wrapper"><a class="link" href="/">Sign in and profile</a></p></nav>
    <div id="swagger-ui"></div>
    <script src="${ASSETS}/swagger-ui-bundle.js"></script>
    <script src="${ASSETS}/start.js"></script>
  </body>
</html>
`;

const page = async () => html(PAGE, { 'Content-Security-Policy': PAGE_POLICY, 'Cache-Control': REVALIDATED });

/** A text from src/cli/document.ts, so that here nothing is made of the routes, nor written out. */
const schema = async () => new Answer(200, document, { ...JSON_TYPE, 'Cache-Control': REVALIDATED });
const toPage = async () => new Answer(302, null, { Location: '/api/swagger/' });

const at = (path: Mounted['config']['path'], serve: Mounted['serve']): Mounted => ({
  config: { method: 'get', path },
  serve,
});

/**
 * The document and Swagger UI, and the short ways to it. People paste credentials into that page, so its files
 * come from our own origin and its start is a file too: the policy then allows no inline script.
 */
export const docsRoutes: Mounted[] = [
  at('/api/schema/', schema),
  at('/api/swagger.json/', schema),
  at('/api/swagger/', page),
  at('/swagger/', toPage),
];
