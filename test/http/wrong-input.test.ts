import { describe, expect, it } from 'vitest';
import { type Answer, call, ORIGIN, send } from '../support/api.ts';
import { type Example, exampleOf } from '../support/examples.ts';
import { type FormField, formFields, multipart, urlencoded } from '../support/forms.ts';
import { bodySchema, type Operation, operationsOf, pathWith, readDocument } from '../support/openapi.ts';
import { signedInAdmin } from '../support/people.ts';
import { removeAdmins, storedState } from '../support/state.ts';
import { WRONG_BODIES, type WrongBody } from '../support/wrong-bodies.ts';
import { FIELDS, type Kind, WRONG, type Wrong } from '../support/wrong-values.ts';

const document = await readDocument();
const operations = operationsOf(document).filter(({ takesBody }) => takesBody);
const fields = operations.flatMap((operation) =>
  Object.entries(FIELDS[operation.id] ?? {}).map(([field, kind]) => ({
    id: operation.id,
    operation,
    field,
    kind,
  })),
);
const requiredFields = fields.filter(({ operation, field }) =>
  bodySchema(document, operation).required?.includes(field),
);

type Target = Example & { body: Record<string, unknown> };

/** A valid request by someone who may do anything, so that only what a test spoils can refuse it. */
async function targetOf(operation: Operation): Promise<Target> {
  const example = await exampleOf(operation);
  const body = example.body as Record<string, unknown>;
  if (operation.id === 'createSuperuser') await removeAdmins();
  return operation.isPublic
    ? { ...example, body }
    : { ...example, body, token: (await signedInAdmin()).access };
}

const sendTo = (operation: Operation, target: Target, changes: Partial<Example>): Promise<Answer> =>
  call(operation.method, pathWith(operation, target.id), { ...target, ...changes });

/** What is wrong with a refusal; an empty text where nothing is. */
function faultIn(operation: Operation, { status, headers, body, text }: Answer, wanted: Wanted): string {
  const found = `${status} ${text.slice(0, 200)}`;
  if (!headers.get('Content-Type')?.startsWith('application/json')) return `not JSON: ${found}`;
  if (status !== wanted.status) return found;
  const { error, detail, ...named } = body;
  if (operation.id === 'createSuperuser' && (!error || error !== detail)) return `without error: ${found}`;
  if (wanted.field === undefined) return typeof detail === 'string' ? '' : `without detail: ${found}`;
  if (Object.keys(named).join() !== wanted.field) return `other fields: ${found}`;
  const sentences = named[wanted.field];
  const fits = Array.isArray(sentences) && sentences.some((one) => one.includes(wanted.sentence));
  return fits ? '' : `no "${wanted.sentence}": ${found}`;
}

type Wanted = { status: number; field?: string; sentence?: string };

const wantedFor = (field: string, [, answer]: Wrong): Wanted =>
  typeof answer === 'number' ? { status: answer } : { status: 400, field, sentence: answer };

/** Sends each request, and lists the ones that are answered otherwise than they should be. */
async function faultsOf(
  operation: Operation,
  requests: [what: string, Wanted, () => Promise<Answer>][],
): Promise<string[]> {
  const before = await storedState();
  const faults: string[] = [];
  for (const [what, wanted, request] of requests) {
    const fault = faultIn(operation, await request(), wanted);
    if (fault !== '') faults.push(`${what} -> ${fault}`);
  }
  const after = await storedState();
  return JSON.stringify(after) === JSON.stringify(before) ? faults : [...faults, 'the database changed'];
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 60);

it('has wrong values for every field of every body in the document', () => {
  const documented = operations.map((operation) => [
    operation.id,
    Object.keys(bodySchema(document, operation).properties ?? {}).sort(),
  ]);
  const listed = Object.entries(FIELDS).map(([id, ofId]) => [id, Object.keys(ofId).sort()]);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(documented));
});

describe('a wrong field is named, and nothing changes', () => {
  it.each(fields)('$id: $field', async ({ operation, field, kind }) => {
    const target = await targetOf(operation);
    const requests = WRONG[kind].map((wrong): [string, Wanted, () => Promise<Answer>] => [
      shown(wrong[0]),
      wantedFor(field, wrong),
      () => sendTo(operation, target, { body: { ...target.body, [field]: wrong[0] } }),
    ]);
    expect(await faultsOf(operation, requests)).toEqual([]);
  });

  it.each(requiredFields)('$id: $field is missing', async ({ operation, field }) => {
    const target = await targetOf(operation);
    const { [field]: _, ...rest } = target.body;
    const wanted = { status: 400, field, sentence: 'This field is required.' };
    expect(
      await faultsOf(operation, [['missing', wanted, () => sendTo(operation, target, { body: rest })]]),
    ).toEqual([]);
  });

  it.each(operations.filter(({ id }) => FIELDS[id]?.['username']))(
    '$id: all wrong fields are named together',
    async (operation) => {
      const target = await targetOf(operation);
      const { status, body } = await sendTo(operation, target, { body: { username: [], password: [] } });
      expect(status).toBe(400);
      expect(body).toMatchObject({ username: ['Not a valid string.'], password: ['Not a valid string.'] });
    },
  );
});

describe('a body that cannot be read is refused, and nothing changes', () => {
  async function sendBody(operation: Operation, target: Target, wrong: WrongBody): Promise<Answer> {
    const headers = new Headers({ ...target.headers, ...wrong.headers });
    if (target.token !== undefined) headers.set('Authorization', `Bearer ${target.token}`);
    if (wrong.contentType !== undefined) headers.set('Content-Type', wrong.contentType);
    const url = ORIGIN + pathWith(operation, target.id);
    const response = await send(new Request(url, { method: operation.method, headers, body: wrong.body() }));
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
  }

  it.each(operations)('$id', async (operation) => {
    const target = await targetOf(operation);
    const requests = WRONG_BODIES.map((wrong): [string, Wanted, () => Promise<Answer>] => [
      wrong.what,
      wrong.nonField === undefined
        ? { status: wrong.status }
        : { status: wrong.status, field: 'non_field_errors', sentence: wrong.nonField },
      async () => {
        const answer = await sendBody(operation, target, wrong);
        if (wrong.detail !== undefined) expect(answer.body.detail, wrong.what).toMatch(wrong.detail);
        return answer;
      },
    ]);
    expect(await faultsOf(operation, requests)).toEqual([]);
  });
});

describe('a form with a wrong field is refused, and nothing changes', () => {
  const deepJson = `{"a":${'['.repeat(3000)}${']'.repeat(3000)}}`;
  const veryDeepJson = `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
  const jsonTexts = ['[]', '5', 'text', '{cut', '"text"', '{"a":"\\u0000"}', deepJson, veryDeepJson];

  const wrongTexts: Partial<Record<Kind, [text: string, answer: string][]>> = {
    customProperties: jsonTexts.map((text) => [text, '']),
    avatarConfig: jsonTexts.map((text) => [text, '']),
    integer: [
      ['', 'A valid integer is required.'],
      ['1.5', 'A valid integer is required.'],
    ],
    boolean: [
      ['', 'Must be a valid boolean.'],
      ['maybe', 'Must be a valid boolean.'],
    ],
    ids: [
      ['x', 'Incorrect type'],
      ['0', 'Invalid pk'],
    ],
    permissionIds: [['17', 'Invalid pk "17"']],
    name: [['a\0b', 'Null characters are not allowed.']],
    groupName: [
      ['', 'This field may not be blank.'],
      ['a\0b', 'Null characters are not allowed.'],
    ],
    username: [
      ['', 'This field may not be blank.'],
      ['a\0b', 'Null characters are not allowed.'],
    ],
  };

  const asForm = async (
    operation: Operation,
    target: Target,
    [name, value]: FormField,
  ): Promise<Answer[]> => {
    const { [name]: _, ...rest } = target.body;
    const all: FormField[] = [...formFields(rest), [name, value]];
    const encoders = typeof value === 'string' ? [multipart, urlencoded] : [multipart];
    const answers: Answer[] = [];
    for (const encode of encoders) {
      const { body, contentType } = await encode(all);
      const headers = { ...target.headers, 'Content-Type': contentType };
      answers.push(
        await call(operation.method, pathWith(operation, target.id), { ...target, body, headers }),
      );
    }
    return answers;
  };

  it.each(fields.filter(({ kind }) => kind !== 'ignored'))(
    '$id: a file as $field',
    async ({ operation, field, kind }) => {
      const target = await targetOf(operation);
      const file = new File(['{"a":1}'], 'file.json', { type: 'application/json' });
      const wanted = kind === 'userId' ? { status: 404 } : { status: 400, field, sentence: '' };
      const request = async () => (await asForm(operation, target, [field, file]))[0] as Answer;
      expect(await faultsOf(operation, [['file', wanted, request]])).toEqual([]);
    },
  );

  it.each(fields.filter(({ kind }) => kind in wrongTexts))(
    '$id: $field',
    async ({ operation, field, kind }) => {
      const target = await targetOf(operation);
      const before = await storedState();
      for (const [text, sentence] of wrongTexts[kind] ?? []) {
        for (const answer of await asForm(operation, target, [field, text])) {
          expect(faultIn(operation, answer, { status: 400, field, sentence }), text.slice(0, 40)).toBe('');
        }
      }
      expect(await storedState()).toEqual(before);
    },
  );

  it.each(operations)('$id: bytes that are no UTF-8', async (operation) => {
    const target = await targetOf(operation);
    const headers = { ...target.headers, 'Content-Type': 'application/x-www-form-urlencoded' };
    for (const body of ['name=%ff', 'password=%E9%E8', new Uint8Array([0x61, 0x3d, 0xff])]) {
      const answer = await sendTo(operation, target, { body, headers });
      expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining('UTF-8')]);
    }
  });

  it.each(operations.filter(({ id }) => requiredFields.some((one) => one.id === id)))(
    '$id: garbage',
    async (operation) => {
      const target = await targetOf(operation);
      // A form has no way to write an empty list, so an absent one counts as empty.
      const missing = requiredFields
        .filter(({ id, kind }) => id === operation.id && kind !== 'permissionIds')
        .map(({ field }) => field);
      const headers = { ...target.headers, 'Content-Type': 'application/x-www-form-urlencoded' };
      const before = await storedState();
      for (const body of ['%', '&&==&', '{"username":"x"}', 'USERNAME=x', '\0=\0', 'x'.repeat(100_000)]) {
        const answer = await sendTo(operation, target, { body, headers });
        expect(answer.status, body).toBe(400);
        expect(Object.keys(answer.body), body).toEqual(expect.arrayContaining(missing));
      }
      expect(await storedState()).toEqual(before);
    },
  );
});
