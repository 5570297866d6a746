import { describe, expect, it } from 'vitest';
import { call, patch, post } from '../support/api.ts';
import { exampleOf } from '../support/examples.ts';
import { formFields, multipart, urlencoded } from '../support/forms.ts';
import { bodySchema, operationsOf, pathWith, readDocument } from '../support/openapi.ts';
import { groupOf, person, signedInAdmin, signedInAs, uniqueName } from '../support/people.ts';
import { MAX_BODY_BYTES } from '../support/wrong-bodies.ts';

type Body = Record<string, unknown>;

const document = await readDocument();
const withoutRequiredFields = operationsOf(document).filter(
  (operation) => operation.takesBody && bodySchema(document, operation).required?.length === 0,
);

const inEveryType: [type: string, encode: (body: Body) => Promise<{ body: unknown; contentType: string }>][] =
  [
    ['JSON', async (body) => ({ body, contentType: 'application/json' })],
    ['JSON with a charset', async (body) => ({ body, contentType: 'Application/JSON ; charset=iso-8859-1' })],
    ['an urlencoded form', (body) => urlencoded(formFields(body))],
    ['a multipart form', (body) => multipart(formFields(body))],
  ];

describe.each(inEveryType)('a body as %s', (_, encode) => {
  it('logs in', async () => {
    const { username, password } = await person();
    const { body, contentType } = await encode({ username, password });
    const answer = await post('/token/', body, { headers: { 'Content-Type': contentType } });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ access: expect.any(String), refresh: expect.any(String) });
  });

  it('creates a user with every field', async () => {
    const { access: token } = await signedInAdmin();
    const groups = [await groupOf(['view_user']), await groupOf(['view_group'])];
    const fields = {
      username: uniqueName(),
      email: 'ada+edge@example.com',
      first_name: 'Ada ☃ & Söhne',
      last_name: '1 + 1 = 2',
      user_level: 1,
      is_active: true,
      is_staff: true,
      is_superuser: false,
      custom_properties: { theme: 'dark', nested: { list: [1, null, '☃'] } },
      avatar_config: { style: 'square' },
      channel_profiles: [3, 5],
      stream_limit: 2,
      groups,
    };
    const password = ' päss & wörd+ ';
    const { body, contentType } = await encode({ ...fields, password });
    const answer = await post('/users/', body, { token, headers: { 'Content-Type': contentType } });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body).toMatchObject(fields);
    expect((await post('/token/', { username: fields.username, password })).status).toBe(200);
  });
});

describe('a body', () => {
  it.each(withoutRequiredFields)('may be left out of $id, whatever its type', async (operation) => {
    for (const contentType of ['application/json', 'text/plain', 'multipart/form-data', undefined]) {
      const example = await exampleOf(operation);
      const headers: Record<string, string> =
        contentType === undefined ? {} : { 'Content-Type': contentType };
      const { token } = operation.id.includes('Group') ? { token: (await signedInAdmin()).access } : example;
      const answer = await call(operation.method, pathWith(operation, example.id), {
        ...(token === undefined ? {} : { token }),
        headers,
      });
      expect([200, 201], `${contentType}: ${answer.text}`).toContain(answer.status);
    }
  });

  it('may have fields that nobody knows', async () => {
    const { access: token } = await signedInAs();
    const unknown = { first_name: 'Ada', unknown: 1, '': 2, ['__proto__']: { x: 1 }, user_level: 10 };
    const { status, body } = await patch('/users/me/', unknown, { token });
    expect([status, body.first_name, body.user_level]).toEqual([200, 'Ada', 1]);
  });

  it('may have the full 256 KB', async () => {
    const { access: token } = await signedInAs();
    const json = '{"first_name":"Ada","unknown":""}';
    const full = json.replace('""', `"${'x'.repeat(MAX_BODY_BYTES - json.length)}"`);
    expect(full).toHaveLength(MAX_BODY_BYTES);
    const { status } = await patch('/users/me/', full, { token, headers: { 'Content-Length': '262144' } });
    expect(status).toBe(200);
  });

  it('may be nested 100 levels deep, and is kept and answered so', async () => {
    const { access: token } = await signedInAs();
    const deep = JSON.parse(`${'['.repeat(98)}${']'.repeat(98)}`);
    const { status, body } = await patch('/users/me/', { custom_properties: { deep } }, { token });
    expect(status).toBe(200);
    expect(body.custom_properties).toEqual({ deep });
  });

  it('may have brackets in its strings beyond that', async () => {
    const { access: token } = await signedInAs();
    const text = `\\"${'[{'.repeat(200)}`;
    const { status, body } = await patch('/users/me/', { custom_properties: { text } }, { token });
    expect([status, body.custom_properties.text]).toEqual([200, text]);
  });
});
