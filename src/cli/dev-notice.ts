// What a developer wants to know once the local server is up.

const setupPath = '/api/accounts/initialize-superuser/';

/** Whether the server has an admin; null when it does not say (it may lack its key or its tables). */
export async function findAdmin(origin: string): Promise<boolean | null> {
  try {
    const response = await fetch(`${origin}${setupPath}`);
    const body: unknown = await response.json();
    if (typeof body !== 'object' || body === null || !('superuser_exists' in body)) return null;
    return body.superuser_exists === true;
  } catch {
    return null;
  }
}

/** The lines to print; the first admin is explained only where there is known to be none. */
export function readyNotice(origin: string, hasAdmin: boolean | null): string {
  const places = [
    '',
    '  Edge Accounts',
    `    Page  ${origin}/`,
    `    API   ${origin}/api/accounts/`,
    `    Docs  ${origin}/api/swagger/`,
  ];
  return [...places, ...(hasAdmin === false ? setupLines(origin) : []), ''].join('\n');
}

function setupLines(origin: string): string[] {
  const admin = JSON.stringify({ username: 'admin', password: 'CHANGE-ME', email: 'admin@example.com' });
  return [
    '',
    '  There is no admin yet. Make the first one on the page, or with',
    `    curl ${origin}${setupPath} -H 'Content-Type: application/json' -d '${admin}'`,
  ];
}
