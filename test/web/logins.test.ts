import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath } from './support/chromium.ts';
import { PASSWORD, type Stage, setStage, signInPage, type Visit } from './support/stage.ts';

const ME = '**/api/accounts/users/me/';
const LOGOUT = '**/auth/cookie/logout/';

/** A browser has one cookie for all its tabs, and answers come late: what a page shows must stay true of one user. */
describe.runIf(chromiumPath)('the login of the page', () => {
  let stage: Stage;
  let admin = '';
  let visit: Visit;
  let page: Page;
  let bob = '';
  let carl = '';
  let made = 0;

  beforeAll(async () => {
    stage = await setStage();
    const body = { username: 'admin', password: PASSWORD };
    await stage.call('POST', '/api/accounts/initialize-superuser/', { body });
    admin = await tokenOf('admin');
  }, 90_000);
  beforeEach(async () => {
    made += 1;
    [bob, carl] = [`bob${made}`, `carl${made}`];
    for (const username of [bob, carl]) await createUser(username);
    visit = await stage.visit();
    page = visit.page;
  });
  afterAll(() => stage.end());

  async function tokenOf(username: string): Promise<string> {
    const body = { username, password: PASSWORD };
    return (await stage.call('POST', '/api/accounts/token/', { body })).body.access;
  }
  async function createUser(username: string): Promise<number> {
    const body = { username, password: PASSWORD };
    return (await stage.call('POST', '/api/accounts/users/', { body, token: admin })).body.id;
  }
  const firstNames = async () => {
    const { body } = await stage.call('GET', '/api/accounts/users/', { token: admin });
    return Object.fromEntries(
      body.map((user: { username: string; first_name: string }) => [user.username, user.first_name]),
    );
  };

  const signedIn = async (username: string, tab = page): Promise<void> => {
    await signInPage(tab, stage.origin, username);
    await tab.getByText('this one').waitFor();
  };
  const save = async (name: string): Promise<void> => {
    await page.getByLabel('First name').fill(name);
    await page.getByRole('button', { name: 'Save' }).click();
  };
  const signOut = () => page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  const atSignIn = (tab = page) => tab.getByRole('button', { name: 'Sign in' }).waitFor();

  /** Holds the first request that `matches` back until it is let go: to the server, or answered 401. */
  async function held(pattern: string, method: string) {
    const arrived = Promise.withResolvers<Route>();
    let isFirst = true;
    await page.route(pattern, async (route) => {
      if (route.request().method() !== method || !isFirst) return route.continue();
      isFirst = false;
      arrived.resolve(route);
    });
    return {
      letGo: async () => (await arrived.promise).continue(),
      refuse: async () =>
        (await arrived.promise).fulfill({ status: 401, contentType: 'application/json', body: '{}' }),
      arrived: arrived.promise,
    };
  }

  it('never sends a request of one user again as another', async () => {
    await signedIn(bob);
    const patch = await held(ME, 'PATCH');
    await save('Bob’s own');
    await patch.arrived;
    await signOut();
    await atSignIn();
    await signedIn(carl);
    await patch.refuse();
    await page.waitForTimeout(300);
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await firstNames()).toMatchObject({ [bob]: '', [carl]: '' });
    expect(await page.locator('.who').textContent()).toBe(carl);
  });

  it('becomes that of somebody else who signs in in another tab, as a whole', async () => {
    const tab = await visit.context.newPage();
    await tab.goto(`${stage.origin}/`);
    await atSignIn(tab);
    await tab.evaluate(() => window.stop());
    await signedIn(bob);
    // As from a tab that was left at its form, and tells nobody.
    await tab.evaluate(
      async (body) =>
        void (await fetch('/api/accounts/auth/cookie/login/', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'X-Requested-With': 'page' },
          body: JSON.stringify(body),
        })),
      { username: carl, password: PASSWORD },
    );
    await page.route(ME, (route) =>
      route.request().method() === 'PATCH'
        ? route.fulfill({ status: 401, contentType: 'application/json', body: '{}' })
        : route.continue(),
    );
    await save('Bob’s own');
    await page.locator('.who', { hasText: carl }).waitFor();
    expect(await firstNames()).toMatchObject({ [bob]: '', [carl]: '' });
  });

  it('does not come back with an answer that was late', async () => {
    await signedIn(bob);
    await page.route(ME, async (route) => {
      const response = await route.fetch();
      await page.waitForTimeout(500);
      await route.fulfill({ response });
    });
    await save('Bob’s own');
    await signOut();
    await atSignIn();
    await page.waitForTimeout(900);
    await atSignIn();
  });

  it('is said to go on while the server has not ended it, and is ended as soon as it can be', async () => {
    await signedIn(bob);
    await visit.context.route(LOGOUT, (route) =>
      route.fulfill({ status: 503, body: '{"detail":"Try again."}' }),
    );
    await signOut();
    await page.getByRole('heading', { name: 'You are not signed out yet' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'You are not signed out yet' }).waitFor();
    await visit.context.unroute(LOGOUT);
    await page.getByRole('button', { name: 'Try again' }).click();
    await atSignIn();
    expect(await visit.context.cookies()).toEqual([]);
  });

  it('leaves what was typed in other tabs when it only ended, and is taken up there again', async () => {
    await signedIn(bob);
    const tab = await visit.context.newPage();
    await tab.goto(`${stage.origin}/`);
    await tab.getByText('this one').waitFor();
    await tab.getByLabel('Last name').fill('typed');
    await stage.call('POST', '/api/accounts/auth/logout/?scope=global', { token: await tokenOf(bob) });
    await save('Bob');
    const dialog = page.getByRole('dialog', { name: 'Your login has ended' });
    await page.keyboard.press('Escape');
    await dialog.getByLabel('Password').fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Saved.').waitFor();
    expect(await tab.getByLabel('Last name').inputValue()).toBe('typed');
    await tab.getByRole('button', { name: 'Save' }).first().click();
    await tab.getByText('Saved.').waitFor();
  });

  it('asks once where several requests find it ended, and hangs for nobody who leaves', async () => {
    await signedIn(bob);
    await stage.call('POST', '/api/accounts/auth/logout/?scope=global', { token: await tokenOf(bob) });
    await save('Bob');
    await page.getByRole('dialog', { name: 'Your login has ended' }).waitFor();
    expect(await page.getByRole('dialog').count()).toBe(1);
    await page.getByRole('button', { name: 'Leave' }).click();
    await atSignIn();
    await signedIn(bob);
    await save('Robert');
    await page.getByText('Saved.').waitFor();
  });

  it('that the server no longer knows at the start is told as none', async () => {
    await signedIn(bob);
    await page.route(ME, (route) =>
      route.fulfill({ status: 401, contentType: 'application/json', body: '{}' }),
    );
    await stage.call('POST', '/api/accounts/auth/logout/?scope=global', { token: await tokenOf(bob) });
    await page.reload();
    await atSignIn();
  });

  it('tells of an answer that is none of the service', async () => {
    await signedIn(bob);
    await page.route(ME, (route) =>
      route.fulfill({ status: 200, contentType: 'text/html', body: '<p>Log in to Wi-Fi' }),
    );
    await save('Bob');
    await page.getByText('The server could not do that (200').waitFor();
  });

  it('leaves a user who deleted itself signed out', async () => {
    await stage.call('POST', '/api/accounts/users/', {
      body: { username: `root${made}`, password: PASSWORD, user_level: 10 },
      token: admin,
    });
    await signedIn(`root${made}`);
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByLabel('Username begins with').fill(`root${made}`);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('link', { name: `root${made}` }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: 'Delete user' }).click();
    await atSignIn();
  });
});
