import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from './support/chromium.ts';
import { enter, PASSWORD, type Stage, setStage, signInPage, type Visit } from './support/stage.ts';

const SIZES = [
  ['360 px, dark', { width: 360, height: 740 }, 'dark'],
  ['1280 px, light', { width: 1280, height: 800 }, 'light'],
  ['360 px, light', { width: 360, height: 740 }, 'light'],
  ['1280 px, dark', { width: 1280, height: 800 }, 'dark'],
] as const;

/** Where EDGE_ACCOUNTS_SHOTS names a folder, every view is photographed into it. */
const SHOTS = process.env['EDGE_ACCOUNTS_SHOTS'];

/** What is wrong for those who use a keyboard, a screen reader or little sight, and for small screens. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return [
    ...violations.map(
      ({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(' ')}`,
    ),
    ...(overflow > 0 ? [`it is ${overflow} px too wide`] : []),
  ];
}

describe.runIf(chromiumPath)('every view', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage.end());

  const look = async (page: Page, name: string, size: string): Promise<void> => {
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}, ${size}.png`, fullPage: true });
    expect([name, await faultsOf(page)]).toEqual([name, []]);
  };
  // axe is a script that no page of ours would take.
  const visit = (viewport: { width: number; height: number }, colorScheme: 'light' | 'dark') =>
    stage.visit({ viewport, colorScheme, bypassCSP: true });

  it('loads less than 60 KB in all when nothing is kept yet, and does not move what it has shown', async () => {
    const { page, complaints } = await stage.visit();
    await page.addInitScript(() => {
      window.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shift += (entry as unknown as { value: number }).value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(`${stage.origin}/`);
    await page.getByRole('button', { name: 'Create admin' }).waitFor();
    await page.waitForLoadState('networkidle');
    const measured = await page.evaluate(() => ({
      shift: window.shift,
      paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
      files: performance
        .getEntries()
        .filter((entry): entry is PerformanceResourceTiming => entry instanceof PerformanceResourceTiming)
        .map(({ name, transferSize }) => ({ name, transferSize })),
    }));
    const bytes = measured.files.reduce((sum, { transferSize }) => sum + transferSize, 0);
    console.log(
      `cold load: ${bytes} bytes in ${measured.files.length} files, first paint ${Math.round(measured.paint)} ms`,
    );
    expect(bytes).toBeLessThan(60 * 1024);
    expect(measured.shift).toBe(0);
    expect(complaints()).toEqual([]);
  });

  it.each(SIZES)('is without fault before there is an admin, at %s', async (size, viewport, theme) => {
    const { page, context } = await visit(viewport, theme);
    await page.goto(`${stage.origin}/`);
    await page.getByRole('button', { name: 'Create admin' }).waitFor();
    await look(page, 'set-up', size);
    await context.close();
  });

  it('has people to show from here on', async () => {
    const body = { username: 'admin', password: PASSWORD, email: 'admin@example.com' };
    await stage.call('POST', '/api/accounts/initialize-superuser/', { body });
    const token = (await stage.call('POST', '/api/accounts/token/', { body })).body.access;
    const group = { name: 'Support of the northern branch', permissions: [4, 11, 13] };
    const made = await stage.call('POST', '/api/accounts/groups/', { body: group, token });
    for (let i = 1; i <= 30; i++) {
      const person = { username: `person.${i}@example.com`, password: PASSWORD, first_name: 'Konstantinos' };
      const rest = {
        is_active: i % 7 !== 0,
        groups: i === 1 ? [made.body.id] : [],
        last_name: 'Papadopoulos',
      };
      const { status } = await stage.call('POST', '/api/accounts/users/', {
        body: { ...person, ...rest },
        token,
      });
      expect(status).toBe(201);
    }
  });

  it.each(SIZES)('is without fault at %s', async (size, viewport, theme) => {
    const visited = await visit(viewport, theme);
    const { page, context } = visited;
    await page.goto(`${stage.origin}/`);
    await enter(page, 'admin', 'wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('No active account').waitFor();
    await look(page, 'sign in, refused', size);
    await signInPage(page, stage.origin, 'admin');
    await showKey(page);
    await look(page, 'profile with a new key', size);
    await page.getByRole('button', { name: 'Replace key' }).click();
    await look(page, 'question', size);
    await page.keyboard.press('Escape');
    await page.goto(`${stage.origin}/#/users`);
    await page.getByText('1 to 25 of 31').waitFor();
    await look(page, 'users', size);
    await page.goto(`${stage.origin}/#/users?search=nobody`);
    await page.getByText('No username begins with').waitFor();
    await look(page, 'no users', size);
    await page.goto(`${stage.origin}/#/users/2`);
    await page.getByText('Nowhere.').waitFor();
    await look(page, 'user', size);
    await page.goto(`${stage.origin}/#/users/new`);
    await enter(page, 'admin', 'short');
    await page.getByRole('button', { name: 'Create user' }).click();
    await page.getByText('at least 8 characters').waitFor();
    await look(page, 'new user, refused', size);
    await page.goto(`${stage.origin}/#/groups`);
    await page.getByRole('link', { name: 'Support' }).waitFor();
    await look(page, 'groups', size);
    await page.goto(`${stage.origin}/#/groups/1`);
    await page.getByLabel('view user', { exact: true }).waitFor();
    await look(page, 'group', size);
    await endLogin(visited);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog', { name: 'Your login has ended' }).waitFor();
    await look(page, 'login ended', size);
    await context.close();
  });

  async function showKey(page: Page): Promise<void> {
    await page.getByRole('button', { name: /^(Generate|Replace) key$/ }).click();
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Replace key' });
    const shown = page.getByRole('textbox', { name: 'API key', exact: true });
    await confirm.or(shown).waitFor();
    if (await confirm.isVisible()) await confirm.click();
    await shown.waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }

  async function endLogin({ context }: Visit): Promise<void> {
    const token = (
      await stage.call('POST', '/api/accounts/token/', { body: { username: 'admin', password: PASSWORD } })
    ).body.access;
    await stage.call('POST', '/api/accounts/auth/logout/?scope=global', { token });
    expect((await context.cookies()).length).toBe(1);
  }
});
