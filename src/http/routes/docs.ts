import { swaggerUI } from '@hono/swagger-ui';
import { documentOf } from '../openapi.ts';
import type { Route } from '../route.ts';
import type { App } from '../router.ts';

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

const PAGE = `
  <link rel="icon" type="image/png" href="${ASSETS}/favicon-32x32.png">
  <link rel="stylesheet" href="${ASSETS}/swagger-ui.css">
  <div id="swagger-ui"></div>
  <script src="${ASSETS}/swagger-ui-bundle.js"></script>
  <script src="${ASSETS}/start.js"></script>`;

/**
 * The document and Swagger UI. People paste credentials into that page, so its files come from our own
 * origin and its start is a file too: the policy then allows no inline script.
 */
export function mountDocs(app: App, routes: readonly Route[]): void {
  let document: string | undefined;
  for (const path of ['/api/schema/', '/api/swagger.json/']) {
    app.get(path, (c) => {
      document ??= JSON.stringify(documentOf(routes));
      return c.body(document, 200, { 'Content-Type': 'application/json' });
    });
  }
  app.use('/api/swagger/', async (c, next) => {
    await next();
    c.res.headers.set('Content-Security-Policy', PAGE_POLICY);
    c.res.headers.set('Referrer-Policy', 'no-referrer');
  });
  app.get(
    '/api/swagger/',
    swaggerUI({ title: 'Edge Accounts API', manuallySwaggerUIHtml: () => PAGE, url: '' }),
  );
  for (const path of ['/', '/swagger/']) app.get(path, (c) => c.redirect('/api/swagger/'));
}
