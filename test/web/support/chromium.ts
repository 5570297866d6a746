import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where Chromium or Chrome is on the systems that developers use; CHROME_PATH goes before. */
const PLACES = [
  process.env['CHROME_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

export const chromiumPath: string | undefined = PLACES.find((path) => path !== undefined && existsSync(path));

/** Without a browser nothing is tested here: that is told, and where nobody would read it, it is a failure. */
if (chromiumPath === undefined) {
  const told = 'No Chromium was found, so the browser tests are skipped. CHROME_PATH names one.';
  if (process.env['CI']) throw new Error(told);
  console.warn(told);
}

/** Root needs no sandbox, and has none in containers. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
