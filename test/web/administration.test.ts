import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from './support/chromium.ts';
import { enter, PASSWORD, type Stage, setStage, signInPage } from './support/stage.ts';

const LONG_NAME = 'a'.repeat(150);

describe.runIf(chromiumPath)('administration', () => {
  let stage: Stage;
  let admin = '';
  let page: Page;

  beforeAll(async () => {
    stage = await setStage();
    const body = { username: 'admin', password: PASSWORD };
    await stage.call('POST', '/api/accounts/initialize-superuser/', { body });
    admin = (await stage.call('POST', '/api/accounts/token/', { body })).body.access;
    for (let i = 1; i <= 60; i++) await createUser(`person${i}`);
    await createUser(LONG_NAME);
    page = (await stage.visit({ viewport: { width: 360, height: 740 } })).page;
    await signInPage(page, stage.origin, 'admin');
  });
  afterAll(() => stage.end());

  async function createUser(username: string, rest: object = {}): Promise<number> {
    const body = { username, password: PASSWORD, ...rest };
    return (await stage.call('POST', '/api/accounts/users/', { body, token: admin })).body.id;
  }
  const PERMISSIONS = { add_user: 1, view_user: 4, view_group: 8, add_apikey: 9, delete_apikey: 10 };

  /** A page of somebody who holds these permissions and no others. */
  async function helperWith(...permissions: (keyof typeof PERMISSIONS)[]): Promise<Page> {
    const name = permissions.join('+');
    const ids = permissions.map((permission) => PERMISSIONS[permission]);
    const group = await stage.call('POST', '/api/accounts/groups/', {
      body: { name, permissions: ids },
      token: admin,
    });
    await createUser(`helper-${name.replaceAll('+', '-')}`, { groups: [group.body.id] });
    const helper = (await stage.visit()).page;
    await signInPage(helper, stage.origin, `helper-${name.replaceAll('+', '-')}`);
    return helper;
  }
  const at = (place: string): Promise<unknown> => page.goto(`${stage.origin}/#/${place}`);
  const focused = (): Promise<string> =>
    page.evaluate(
      () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
    );
  const tooWide = (): Promise<number> =>
    page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

  it('is paged by keyboard alone', async () => {
    await at('users');
    await page.getByText('1 to 25 of').waitFor();
    await page.getByRole('link', { name: 'Next' }).focus();
    for (const rows of ['26 to 50 of', '51 to 62 of']) {
      await page.keyboard.press('Enter');
      await page.getByText(rows).waitFor();
      expect(await focused()).toBe('Next');
    }
    await page.keyboard.press('Enter');
    expect(await page.getByText('51 to 62 of').count()).toBe(1);
  });

  it('is searched by keyboard alone, and follows the way back', async () => {
    await at('users');
    await page.getByLabel('Username begins with').fill('person6');
    await page.keyboard.press('Enter');
    await page.getByText('1 to 2 of 2').waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('search');
    await page.goBack();
    await page.getByText('1 to 25 of').waitFor();
    expect(await page.getByLabel('Username begins with').inputValue()).toBe('');
  });

  it('moves the focus to a new key, and to its heading when that or the key is gone', async () => {
    await at('users/2');
    await page.getByRole('button', { name: 'Generate key' }).click();
    await page.getByText('Copy the key now.').waitFor();
    expect(await focused()).toBe('The new key');
    await page.getByRole('button', { name: 'I have copied it' }).click();
    expect(await focused()).toBe('API key');
    await page.getByRole('button', { name: /^Revoke dsp_/ }).click();
    await page.getByRole('button', { name: 'Revoke key' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toBe('API key');
  });

  it('keeps a new key in sight when the rest cannot be loaded again', async () => {
    await at('users/3');
    await page.getByRole('button', { name: 'Generate key' }).click();
    const shown = page.getByRole('textbox', { name: 'API key', exact: true });
    const key = await shown.inputValue();
    await page.route('**/users/3/', (route) =>
      route.request().method() === 'GET'
        ? route.fulfill({ status: 503, body: '{"detail":"No answer."}' })
        : route.continue(),
    );
    await page.getByLabel('First name').fill('Ada');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    await page.getByText('No answer.').waitFor();
    expect(await shown.inputValue()).toBe(key);
    await page.unroute('**/users/3/');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('No answer.').waitFor({ state: 'detached' });
    expect(await shown.inputValue()).toBe(key);
  });

  it('asks before a key of another name ends, where a user has but one', async () => {
    const body = { username: 'person4', password: PASSWORD };
    const token = (await stage.call('POST', '/api/accounts/token/', { body })).body.access;
    const named = await stage.call('POST', '/api/accounts/api-keys/', { body: { name: 'home' }, token });
    await at('users/5');
    await page.getByRole('button', { name: 'Replace key' }).click();
    await page.getByRole('dialog').getByText(`${named.body.key_preview} home`).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect((await stage.call('GET', '/api/accounts/users/me/', { key: named.body.key })).status).toBe(200);
  });

  it('names the key that a new one ends, not the one that it had listed', async () => {
    const body = { username: 'person7', password: PASSWORD };
    const token = (await stage.call('POST', '/api/accounts/token/', { body })).body.access;
    const make = async () => (await stage.call('POST', '/api/accounts/api-keys/generate/', { token })).body;
    await make();
    await at('users/8');
    await page.getByRole('button', { name: 'Replace key' }).waitFor();
    const newer = await make();
    await page.getByRole('button', { name: 'Replace key' }).click();
    await page.getByRole('dialog').getByText(newer.key_preview).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
  });

  it('shows a name of 150 characters without bursting, and asks in the middle of the window', async () => {
    const { body } = await stage.call('GET', `/api/accounts/users/?search=${LONG_NAME}`, { token: admin });
    await at(`users/${body[0].id}`);
    await page.getByText('Nowhere.').waitFor();
    expect(await tooWide()).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    const dialog = page.getByRole('dialog');
    const box = await dialog.boundingBox();
    expect(await dialog.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
    expect(Math.abs((box?.y ?? 0) + (box?.height ?? 0) / 2 - 370)).toBeLessThan(2);
    await page.keyboard.press('Escape');
    await at(`users?search=${'b'.repeat(300)}`);
    await page.getByText('No username begins with').waitFor();
    expect(await tooWide()).toBeLessThanOrEqual(0);
  });

  it('lets those make and revoke keys who may do only that', async () => {
    const helper = await helperWith('view_user', 'add_apikey', 'delete_apikey');
    await helper.goto(`${stage.origin}/#/users/6`);
    await helper.getByRole('button', { name: 'Make key' }).click();
    await helper.getByRole('dialog').getByRole('button', { name: 'Make key' }).click();
    const key = await helper.getByRole('textbox', { name: 'API key', exact: true }).inputValue();
    expect((await stage.call('GET', '/api/accounts/users/me/', { key })).body.id).toBe(6);
    await helper.getByRole('button', { name: 'Revoke', exact: true }).click();
    await helper.getByRole('button', { name: 'Revoke key' }).click();
    await helper.getByText('The key is revoked.').waitFor();
    expect((await stage.call('GET', '/api/accounts/users/me/', { key })).status).toBe(401);
  });

  it('lets those create users who may do only that', async () => {
    const helper = await helperWith('add_user');
    await helper.getByRole('link', { name: 'New user' }).click();
    await enter(helper, 'newcomer', PASSWORD);
    await helper.getByRole('button', { name: 'Create user' }).click();
    await helper.getByText('newcomer is created.').waitFor();
    expect(await helper.getByLabel('Password').inputValue()).toBe('');
  });

  it('shows groups to those who may only see them, and no way to change them', async () => {
    const helper = await helperWith('view_group');
    await helper.getByRole('link', { name: 'Groups' }).click();
    await helper.getByRole('link', { name: 'view_group' }).click();
    await helper.getByText('It has 1 permissions.').waitFor();
    expect(await helper.getByRole('button', { name: /Save|Delete/ }).count()).toBe(0);
  });

  it.each(['users/rubbish', 'users/9999999999999999'])(
    'takes the address #/%s for that of the list',
    async (place) => {
      await at(place);
      await page.getByRole('heading', { name: 'Users', level: 1 }).waitFor();
    },
  );
});
