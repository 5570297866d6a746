import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from './support/chromium.ts';
import { PASSWORD, type Stage, setStage, type Visit } from './support/stage.ts';

describe.runIf(chromiumPath)('Swagger UI', () => {
  let stage: Stage;
  let visit: Visit;
  let token = '';
  let key = '';

  beforeAll(async () => {
    stage = await setStage();
    const body = { username: 'admin', password: PASSWORD };
    await stage.call('POST', '/api/accounts/initialize-superuser/', { body });
    token = (await stage.call('POST', '/api/accounts/token/', { body })).body.access;
    key = (await stage.call('POST', '/api/accounts/api-keys/generate/', { token })).body.key;
    visit = await stage.visit();
    await visit.page.goto(`${stage.origin}/api/swagger/`);
  });
  afterAll(() => stage.end());

  it('answers 200 to a try with an access token, as it was pasted, and 401 after the dialog logged it out', async () => {
    const { page } = visit;
    await authorize(page, 'Bearer', token);
    expect(await tryMe(page)).toBe('200');
    await logOut(page, 'Bearer');
    expect(await tryMe(page)).toBe('401');
  });

  it('takes a token that was pasted with its prefix', async () => {
    const { page } = visit;
    await authorize(page, 'Bearer', `Bearer ${token}`);
    expect(await tryMe(page)).toBe('200');
    await logOut(page, 'Bearer');
  });

  it('answers 200 to a try with an API key, and 401 after the dialog logged it out', async () => {
    const { page } = visit;
    await authorize(page, 'ApiKey', key);
    expect(await tryMe(page)).toBe('200');
    await logOut(page, 'ApiKey');
    expect(await tryMe(page)).toBe('401');
  });

  it('keeps no credential when the page is left', async () => {
    const { page } = visit;
    await authorize(page, 'ApiKey', key);
    expect(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]))).not.toContain(key);
    // Without what is open there, which a reload opens again in its own time.
    await page.goto(`${stage.origin}/api/swagger/`);
    expect(await tryMe(page)).toBe('401');
  });

  it('leads to the page and back', async () => {
    const { page } = visit;
    await page.getByRole('link', { name: 'Sign in and profile' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.getByRole('link', { name: 'API docs' }).click();
    await page.getByRole('button', { name: 'Authorize' }).waitFor();
  });

  it('asked no other origin, broke no policy and failed nowhere', () => {
    expect(visit.complaints()).toEqual([]);
  });
});

const section = (page: Page, scheme: string) =>
  page.locator('.auth-container').filter({ has: page.locator('h4 code', { hasText: scheme }) });

async function authorize(page: Page, scheme: string, value: string): Promise<void> {
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  await section(page, scheme).locator('input').fill(value);
  await section(page, scheme).locator('button[type=submit]').click();
  await page.locator('.modal-ux .close-modal').click();
}

async function logOut(page: Page, scheme: string): Promise<void> {
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  await section(page, scheme).locator('button', { hasText: 'Logout' }).click();
  await page.locator('.modal-ux .close-modal').click();
}

/** The status that `users/me/` is answered with on the page. */
async function tryMe(page: Page): Promise<string> {
  const me = page.locator('#operations-users-getMe');
  if ((await me.getByRole('button', { name: 'Execute' }).count()) === 0)
    await me.locator('.opblock-summary-control').click();
  await me.getByRole('button', { name: 'Execute' }).click();
  const status = me.locator('.live-responses-table .response .response-col_status');
  await status.waitFor();
  const text = (await status.textContent()) ?? '';
  await me.getByRole('button', { name: 'Clear' }).click();
  return text.trim().slice(0, 3);
}
