import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from './support/chromium.ts';
import { enter, PASSWORD, type Stage, setStage, signInPage, statusOf, type Visit } from './support/stage.ts';

/** One story on an empty database: each step stands on those before it. */
describe.runIf(chromiumPath)('the page', () => {
  let stage: Stage;
  let admin: Visit;
  let ada: Visit;
  let key = '';

  beforeAll(async () => {
    stage = await setStage();
    admin = await stage.visit();
    ada = await stage.visit();
  });
  afterAll(() => stage.end());

  const signedIn = (visit: Visit, username: string) => signInPage(visit.page, stage.origin, username);

  it('makes the first admin where there is none, and signs it in', async () => {
    const { page } = admin;
    await page.goto(`${stage.origin}/`);
    await enter(page, 'admin', 'short');
    await page.getByRole('button', { name: 'Create admin' }).click();
    await page.getByText('at least 8 characters').waitFor();
    expect(await page.getByLabel('Password').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create admin' }).click();
    await page.getByRole('heading', { name: 'Profile', level: 1 }).waitFor();
    expect(await page.title()).toBe('Profile · Edge Accounts');
  });

  it('asks others to sign in from then on, and says in the server’s words what is wrong', async () => {
    const { page } = ada;
    await page.goto(`${stage.origin}/`);
    await enter(page, 'admin', 'no password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('No active account found with the given credentials').waitFor();
  });

  it('keeps no token where a script can read it, and the login over a reload', async () => {
    const { page, context } = admin;
    const [kept, ...elsewhere] = await page.evaluate(() => [
      JSON.stringify(localStorage),
      JSON.stringify(sessionStorage),
      document.cookie,
    ]);
    expect([JSON.parse(kept ?? ''), ...elsewhere]).toEqual([
      { login: '{"state":"signed in","userId":"1"}' },
      '{}',
      '',
    ]);
    expect(await context.cookies()).toMatchObject([{ name: 'refresh', httpOnly: true, sameSite: 'Strict' }]);
    await page.reload();
    await page.getByRole('heading', { name: 'Profile', level: 1 }).waitFor();
  });

  it('generates a key, shows it once, copies it, and revokes it after a question', async () => {
    const { page } = admin;
    await page.getByRole('button', { name: 'Generate key' }).click();
    await page.getByRole('button', { name: 'Copy API key' }).click();
    await page.getByText('Copied', { exact: true }).waitFor();
    key = await page.evaluate(() => navigator.clipboard.readText());
    expect(key).toMatch(/^dsp_\w{49}$/);
    expect(await shown(page, 'as X-API-Key header')).toBe(`X-API-Key: ${key}`);
    expect(await shown(page, 'as Authorization header')).toBe(`Authorization: ApiKey ${key}`);
    expect(await fromPage(admin, key)).toBe(200);

    await page.getByRole('button', { name: 'I have copied it' }).click();
    expect(await page.content()).not.toContain(key);
    await page.getByRole('button', { name: /^Revoke dsp_/ }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await statusOf(stage, key)).toBe(200);
    await page.getByRole('button', { name: /^Revoke dsp_/ }).click();
    await page.getByRole('button', { name: 'Revoke key' }).click();
    await page.getByText(/is revoked\.$/).waitFor();
    expect(await fromPage(admin, key)).toBe(401);
  });

  it('asks before it replaces a key, also one that was made elsewhere since it looked', async () => {
    const { page } = admin;
    const { body } = await stage.call('POST', '/api/accounts/token/', {
      body: { username: 'admin', password: PASSWORD },
    });
    const made = await stage.call('POST', '/api/accounts/api-keys/generate/', { token: body.access });
    await page.getByRole('button', { name: 'Generate key' }).click();
    await page.getByRole('heading', { name: 'Replace the API key?' }).waitFor();
    expect(await statusOf(stage, made.body.key)).toBe(200);
    await page.getByRole('dialog').getByRole('button', { name: 'Replace key' }).click();
    await shown(page, 'API key');
    expect(await statusOf(stage, made.body.key)).toBe(401);
  });

  it('lets an admin create a user, with the server’s words at the fields that are wrong', async () => {
    const { page } = admin;
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByRole('link', { name: 'New user' }).click();
    await enter(page, 'admin', 'short');
    await page.getByRole('button', { name: 'Create user' }).click();
    await page
      .getByText('A user with that username already exists.')
      .or(page.getByText('at least 8'))
      .first()
      .waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-invalid'))).toBe('true');
    await enter(page, 'ada', PASSWORD);
    await page.getByRole('button', { name: 'Create user' }).click();
    await page.getByRole('heading', { name: 'ada', level: 1 }).waitFor();
  });

  it('lets an admin make a key for anyone, and revoke it', async () => {
    const { page } = admin;
    await page.getByRole('button', { name: 'Generate key' }).click();
    key = await shown(page, 'API key');
    expect((await stage.call('GET', '/api/accounts/users/me/', { key })).body).toMatchObject({
      username: 'ada',
    });
    await page.getByRole('button', { name: /^Revoke dsp_/ }).click();
    await page.getByRole('button', { name: 'Revoke key' }).click();
    await page.getByText(/is revoked\.$/).waitFor();
    expect(await statusOf(stage, key)).toBe(401);
  });

  it('shows a standard user no administration', async () => {
    const { page } = ada;
    await signedIn(ada, 'ada');
    expect(await page.getByRole('navigation').getByRole('link').allTextContents()).toEqual(['Profile']);
    await page.goto(`${stage.origin}/#/users`);
    await page.getByText('You do not have permission to perform this action.').waitFor();
    await page.goto(`${stage.origin}/#/profile`);
  });

  it('changes one’s details and password', async () => {
    const { page } = ada;
    await page.getByLabel('First name').fill('Ada');
    await page.getByLabel('Email').fill('nonsense@');
    await page.getByRole('button', { name: 'Save' }).click();
    expect(await page.getByLabel('Email').evaluate((input) => input.matches(':invalid'))).toBe(true);
    await page.getByLabel('Email').fill('ada@example.com');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    await page.getByLabel('Current password').fill('wrong');
    await page.getByLabel('New password').fill('another long password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page
      .getByText(/password.*(incorrect|wrong|not)/i)
      .first()
      .waitFor();
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText(/Your password is changed/).waitFor();
    expect(await page.getByLabel('New password').inputValue()).toBe('');
    await page.reload();
    await page.getByRole('heading', { name: 'Profile', level: 1 }).waitFor();
    expect(await page.getByLabel('First name').inputValue()).toBe('Ada');
  });

  it('shows where one is signed in, and signs out all others', async () => {
    const { page } = ada;
    const other = await stage.visit();
    await signInPage(other.page, stage.origin, 'ada', 'another long password');
    await page.reload();
    await page.getByText('this one').waitFor();
    await page.getByRole('button', { name: 'Sign out all others' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out all others' }).click();
    await page.getByText('You are signed out everywhere else.').waitFor();
    await other.page.reload();
    await other.page.getByRole('button', { name: 'Sign in' }).waitFor();
    await other.context.close();
  });

  it('asks for the password once more when the login has ended, and goes on where one was', async () => {
    const { page } = ada;
    const { body } = await stage.call('POST', '/api/accounts/token/', {
      body: { username: 'ada', password: 'another long password' },
    });
    await stage.call('POST', '/api/accounts/auth/logout/?scope=global', { token: body.access });
    await page.getByLabel('Last name').fill('Lovelace');
    await page.getByRole('button', { name: 'Save' }).click();
    const dialog = page.getByRole('dialog', { name: 'Your login has ended' });
    await dialog.getByLabel('Password').fill('another long password');
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Saved.').waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Profile', level: 1 }).waitFor();
    expect(await page.getByLabel('Last name').inputValue()).toBe('Lovelace');
  });

  it('says so when the server cannot be reached, and goes on when it can', async () => {
    const { page, context } = ada;
    await page.getByText('this one').waitFor();
    await context.setOffline(true);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The server cannot be reached.').waitFor();
    await context.setOffline(false);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
  });

  it('lets an admin make a group and give its rights, which show at the next look', async () => {
    const { page } = admin;
    await page.getByRole('link', { name: 'Groups' }).click();
    await page.getByRole('link', { name: 'New group' }).click();
    await page.getByLabel('Name').fill('support');
    await page.getByLabel('view user', { exact: true }).check();
    await page.getByRole('button', { name: 'Create group' }).click();
    await page.getByRole('heading', { name: 'support', level: 1 }).waitFor();
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByLabel('Username begins with').fill('ad');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('1 to 2 of 2').waitFor();
    await page.getByRole('link', { name: 'ada' }).click();
    await page.getByLabel('support').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    await ada.page.reload();
    await ada.page.getByRole('link', { name: 'Users' }).click();
    await ada.page.getByRole('link', { name: 'admin' }).waitFor();
    expect(await ada.page.getByRole('link', { name: 'New user' }).count()).toBe(0);
  });

  it('deactivates, activates and deletes a user after a question', async () => {
    const { page } = admin;
    const act = async (action: string, confirmed = action) => {
      await page.getByRole('button', { name: action, exact: true }).click();
      await page.getByRole('dialog').getByRole('button', { name: confirmed, exact: true }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    await act('Deactivate');
    await page.getByText('ada is deactivated.').waitFor();
    await act('Activate');
    await page.getByText('ada may sign in again.').waitFor();
    await act('Delete', 'Delete user');
    await page.getByRole('heading', { name: 'Users', level: 1 }).waitFor();
    await page.getByText('1 to 1 of 1').waitFor();
  });

  it('signs out, for every tab', async () => {
    const { page, context } = admin;
    const tab = await context.newPage();
    await tab.goto(`${stage.origin}/`);
    await tab.getByRole('heading', { name: 'Profile', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await tab.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await context.cookies()).toEqual([]);
    const { body } = await stage.call('POST', '/api/accounts/token/', {
      body: { username: 'admin', password: PASSWORD },
    });
    const sessions = await stage.call('GET', '/api/accounts/sessions/', { token: body.access });
    expect(sessions.body.map((session: { user_agent: string }) => session.user_agent)).not.toContain(
      await page.evaluate(() => navigator.userAgent),
    );
  });

  it('signs in for every tab, and shows nothing of one user to another', async () => {
    const { page, context } = await stage.visit();
    const tab = await context.newPage();
    for (const each of [page, tab]) {
      await each.goto(`${stage.origin}/`);
      await each.getByRole('button', { name: 'Sign in' }).waitFor();
    }
    await signInPage(page, stage.origin, 'admin');
    await tab.getByRole('heading', { name: 'Profile', level: 1 }).waitFor();

    const body = { username: 'grace', password: PASSWORD };
    const { body: pair } = await stage.call('POST', '/api/accounts/token/', {
      body: { username: 'admin', password: PASSWORD },
    });
    await stage.call('POST', '/api/accounts/users/', { body, token: pair.access });
    // As a page does that was left at its form.
    await tab.evaluate(async (sent) => {
      const headers = { 'Content-Type': 'application/json', 'X-Requested-With': 'page' };
      await fetch('/api/accounts/auth/cookie/login/', {
        method: 'POST',
        headers,
        body: JSON.stringify(sent),
      });
    }, body);
    await stage.call('POST', '/api/accounts/auth/logout/?scope=global', { token: pair.access });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.who', { hasText: 'grace' }).waitFor();
    await context.close();
  });

  it('asked no other origin, broke no policy and failed nowhere', () => {
    expect([admin.complaints(), ada.complaints()]).toEqual([[], []]);
  });

  const shown = (page: Page, name: string): Promise<string> =>
    page.getByRole('textbox', { name, exact: true }).inputValue();

  /** What a page of ours gets with that key. */
  const fromPage = ({ page }: Visit, value: string): Promise<number> =>
    page.evaluate(
      async (sent) => (await fetch('/api/accounts/users/me/', { headers: { 'X-API-Key': sent } })).status,
      value,
    );
});
