import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath } from './support/chromium.ts';
import { enter, PASSWORD, type Stage, setStage, signInPage, type Visit } from './support/stage.ts';

const ME = '**/api/accounts/users/me/';
const REFRESH = '**/auth/cookie/refresh/';
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
  });
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
    // As whoever does that has it there; in a tab behind another a browser takes its time.
    await page.bringToFront();
    await page.getByLabel('First name').fill(name);
    await page.getByRole('button', { name: 'Save' }).click();
  };
  const signOut = async (): Promise<void> => {
    await page.bringToFront();
    await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  };
  const atSignIn = (tab = page) => tab.getByRole('button', { name: 'Sign in' }).waitFor();

  /** Holds the first request that `matches` back until it is let go: to the server, or answered 401. */
  async function held(pattern: string, method: string) {
    const arrived = Promise.withResolvers<Route>();
    let isFirst = true;
    await visit.context.route(pattern, async (route) => {
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
    for (let i = 0; i < 4; i++) await page.keyboard.press('Escape');
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

  it('is taken over by nobody through an answer that was asked for by whoever was here before', async () => {
    await signedIn(bob);
    const refresh = await held(REFRESH, 'POST');
    await page.reload();
    await refresh.arrived;
    const tab = await visit.context.newPage();
    await visit.context.clearCookies();
    await page.evaluate(() => localStorage.clear());
    await tab.goto(`${stage.origin}/`);
    await atSignIn(tab);
    const switched = signInPage(tab, stage.origin, carl);
    await refresh.letGo();
    await switched;
    await page.locator('.who', { hasText: carl }).waitFor();
    await save('Carl’s own');
    await page.getByText('Saved.').waitFor();
    expect(await firstNames()).toMatchObject({ [bob]: '', [carl]: 'Carl’s own' });
  });

  it('is not forgotten by a look that was overtaken', async () => {
    await signedIn(bob);
    const me = await held(ME, 'GET');
    await page.reload();
    await me.arrived;
    const tab = await visit.context.newPage();
    await tab.goto(`${stage.origin}/`);
    await tab.getByText('this one').waitFor();
    await tab.getByRole('button', { name: 'Sign out', exact: true }).first().click();
    await atSignIn();
    await signedIn(carl);
    await me.refuse();
    await save('Carl');
    await page.getByText('Saved.').waitFor();
  });

  it('survives a double click on Try again', async () => {
    await signedIn(bob);
    let isDown = true;
    await page.route(REFRESH, (route) =>
      isDown ? route.fulfill({ status: 503, body: '{}' }) : route.continue(),
    );
    await page.reload();
    await page.getByRole('heading', { name: 'Not reachable' }).waitFor();
    isDown = false;
    await page.getByRole('button', { name: 'Try again' }).dblclick();
    await page.getByText('this one').waitFor();
  });

  it('ends at the server also where the browser keeps no note, or no cookie', async () => {
    const broken = await stage.visit();
    await broken.page.addInitScript(() => {
      Storage.prototype.setItem = () => {
        throw new Error('full');
      };
    });
    const sessions = async () =>
      (await stage.call('GET', '/api/accounts/sessions/', { token: await tokenOf(bob) })).body.length;
    await signInPage(broken.page, stage.origin, bob);
    const [before] = [await sessions()];
    await broken.page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
    await atSignIn(broken.page);
    // Each look at the sessions is a login of its own.
    expect(await sessions()).toBe(before);
    expect(await broken.context.cookies()).toEqual([]);

    await signedIn(bob);
    await visit.context.clearCookies();
    const [kept] = [await sessions()];
    await signOut();
    await atSignIn();
    expect(await sessions()).toBe(kept);
  });

  it('of the next user is not ended by a sign-out that was late', async () => {
    await signedIn(bob);
    const tab = await visit.context.newPage();
    await tab.goto(`${stage.origin}/`);
    await tab.getByText('this one').waitFor();
    // Whichever tab comes first ends it, and the other waits.
    const logout = await held(LOGOUT, 'POST');
    await signOut();
    await logout.letGo();
    await atSignIn();
    await atSignIn(tab);
    await signedIn(carl);
    await page.reload();
    await page.locator('.who', { hasText: carl }).waitFor();
  });

  it('is asked for in no other tab once it was given in one', async () => {
    await signedIn(bob);
    const tab = await visit.context.newPage();
    await tab.goto(`${stage.origin}/`);
    await tab.getByText('this one').waitFor();
    await stage.call('POST', '/api/accounts/auth/logout/?scope=global', { token: await tokenOf(bob) });
    await save('Bob');
    await tab.getByLabel('Last name').fill('Builder');
    await tab.getByRole('button', { name: 'Save' }).first().click();
    await tab.getByRole('dialog').waitFor();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Password').fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Saved.').waitFor();
    await tab.getByText('Saved.').waitFor();
    expect(await tab.getByRole('dialog').count()).toBe(0);
  });

  it('goes on under the name that an admin has given meanwhile', async () => {
    await signedIn(bob);
    const { body } = await stage.call('GET', `/api/accounts/users/?search=${bob}`, { token: admin });
    await stage.call('PATCH', `/api/accounts/users/${body[0].id}/`, {
      body: { username: `robert${made}` },
      token: admin,
    });
    await stage.call('POST', '/api/accounts/auth/logout/?scope=global', {
      token: await tokenOf(`robert${made}`),
    });
    await save('Bob');
    const dialog = page.getByRole('dialog');
    await enter(dialog, `robert${made}`, PASSWORD);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.who', { hasText: `robert${made}` }).waitFor();
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
