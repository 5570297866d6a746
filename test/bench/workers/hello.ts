import { Hono } from 'hono';

/** The least that a Worker with Hono is. */
// biome-ignore lint/style/noDefaultExport: the platform finds a Worker's handlers there
export default new Hono().get('/hello', (c) => c.text('hello'));
