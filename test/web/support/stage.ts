import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { startService } from '../../support/node/service.ts';
import { launchChromium } from './chromium.ts';

export const PASSWORD = 'correct horse battery';

/** The service with an empty database, and a browser before it. */
export type Stage = {
  origin: string;
  /** A browser that knows nothing yet. */
  visit: (options?: Parameters<Browser['newContext']>[0]) => Promise<Visit>;
  /** The API, as another program calls it. */
  call: (method: string, path: string, options?: CallOptions) => Promise<Answer>;
  end: () => Promise<void>;
};

export type CallOptions = { body?: object; token?: string; key?: string };
// biome-ignore lint/suspicious/noExplicitAny: tests look into the bodies of answers.
export type Answer = { status: number; body: any };

export type Visit = {
  page: Page;
  context: BrowserContext;
  /** What no page of ours may do: ask another origin, break its policy, fail. */
  complaints: () => string[];
};

/** What browsers say of an answer that is an error, where a test provokes it. */
const PROVOKED = /the server responded with a status of (400|401|403|404|409)|ERR_INTERNET_DISCONNECTED/;

export async function setStage(): Promise<Stage> {
  const service = await startService({ RATE_LIMITS: 'off', PASSWORD_ITERATIONS: '1000' });
  const browser = await launchChromium();
  const { origin } = service;
  return {
    origin,
    visit: async (given = {}) => visitOf(await browser.newContext(given), origin),
    call: (method, path, options) => callApi(origin + path, { method, ...options }),
    async end() {
      await browser.close();
      await service.stop();
    },
  };
}

async function visitOf(context: BrowserContext, origin: string): Promise<Visit> {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  const page = await context.newPage();
  // Less than a test may take, so that it tells what it waited for.
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) complaints.push(`asked ${url}`);
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !PROVOKED.test(message.text()))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, context, complaints: () => complaints };
}

async function callApi(url: string, { method, body, token, key }: CallOptions & { method: string }) {
  const answer = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(key === undefined ? {} : { 'X-API-Key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
}

const ME = '/api/accounts/users/me/';

/** What the service answers to whoever comes with that key. */
export const statusOf = async (stage: Stage, key: string): Promise<number> =>
  (await stage.call('GET', ME, { key })).status;

/**
 * Types a name and a password until each stands in its field: a form that has just been shown takes the focus once
 * more, and what is being typed into another field goes along.
 */
export async function enter(form: Page | Locator, username: string, password: string): Promise<void> {
  const [name, secret] = [form.getByLabel('Username', { exact: true }), form.getByLabel('Password')];
  const stands = async () =>
    (await name.inputValue()) === username && (await secret.inputValue()) === password;
  do {
    await name.fill(username);
    await secret.fill(password);
  } while (!(await stands()));
}

export async function signInPage(
  page: Page,
  origin: string,
  username: string,
  password = PASSWORD,
): Promise<void> {
  await page.goto(`${origin}/`);
  await enter(page, username, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  // Or what the page says is wrong, which is more than that the other did not come.
  const profile = page.getByRole('heading', { name: 'Profile', level: 1 });
  const refusal = page.locator('.problem').filter({ hasText: /\S/ });
  await profile.or(refusal).first().waitFor();
  if (!(await profile.isVisible()))
    throw new Error(`${username} was refused: ${await refusal.first().textContent()}`);
}
