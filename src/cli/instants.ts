// Times as people read them: where they are, and in UTC for those who are elsewhere.

/** `2030-01-01 13:00 GMT+1 (12:00 UTC)`, rounded up to the minute, so that nothing is called safe too early. */
export function describeInstant(date: Date): string {
  const rounded = new Date(Math.ceil(date.getTime() / 60_000) * 60_000);
  const utc = partsOf(rounded, 'UTC');
  const local = partsOf(rounded);
  if (local.zone === 'UTC') return `${utc.day} ${utc.time} UTC`;
  const utcDay = utc.day === local.day ? '' : `${utc.day} `;
  return `${local.day} ${local.time} ${local.zone} (${utcDay}${utc.time} UTC)`;
}

function partsOf(date: Date, timeZone?: string): { day: string; time: string; zone: string } {
  const [day = '', time = ''] = date.toLocaleString('sv-SE', { timeZone, ...SHOWN }).split(' ');
  const zone = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'short' })
    .formatToParts(date)
    .find(({ type }) => type === 'timeZoneName');
  return { day, time, zone: zone?.value ?? '' };
}

const SHOWN = { dateStyle: 'short', timeStyle: 'short' } as const;

/** How long until then in the two largest units that say something: `2 d 3 h`, `14 min`; at least a minute. */
export function describeWait(ms: number): string {
  const minutes = Math.max(1, Math.ceil(ms / 60_000));
  const units = [
    [Math.floor(minutes / 1440), 'd'],
    [Math.floor(minutes / 60) % 24, 'h'],
    [minutes % 60, 'min'],
  ] as const;
  const largest = units.findIndex(([count]) => count > 0);
  const shown = units.slice(largest, largest + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}
