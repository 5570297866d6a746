/** More particular names come first: Edge calls itself Chrome too, and Chrome calls itself Safari. */
const BROWSERS: [name: string, sign: RegExp][] = [
  ['Edge', /\bEdgA?\/|\bEdgiOS\//],
  ['Opera', /\bOPR\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\bFirefox\/|\bFxiOS\//],
  ['Chrome', /\bChrome\/|\bCriOS\//],
  ['Safari', /\bVersion\/[\d.]+ .*\bSafari\//],
];

const SYSTEMS: [name: string, sign: RegExp][] = [
  ['iOS', /\b(iPhone|iPad|iPod)\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['macOS', /\bMac OS X\b|\bmacOS\b|\bDarwin\//],
  ['Linux', /\bLinux\b/],
];

const nameIn = (names: [string, RegExp][], text: string): string | undefined =>
  names.find(([, sign]) => sign.test(text))?.[0];

/**
 * A few words by which people know their device again, of what it says of itself (RFC 9110 section 10.1.5): `Firefox
 * on Linux`, `Kodi on Android`, `curl`. Empty when it says nothing. It proves nothing.
 */
export function deviceOf(userAgent: string): string {
  const [first = ''] = userAgent.split(/[\s/(]/, 1);
  const program = nameIn(BROWSERS, userAgent) ?? first;
  const system = nameIn(SYSTEMS, userAgent);
  return system === undefined || program === '' ? program : `${program} on ${system}`;
}
