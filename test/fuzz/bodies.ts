import fc from 'fast-check';
import { FIELDS, type Kind, WRONG } from '../support/wrong-values.ts';
import { PLACEHOLDERS } from './cast.ts';

/** A body as it is written down: its members and how they are encoded, or a text that is sent as it is. */
export type Body =
  | { as: 'json' | 'urlencoded' | 'multipart'; members: Record<string, unknown>; contentType?: string }
  | { as: 'text'; text: string; contentType?: string }
  | { as: 'bytes'; bytes: Uint8Array; contentType?: string };

/** Names that mean something to JavaScript, to SQL or to a parser. */
export const ODD_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'then',
  '',
  '$',
  '$.a',
  'a.b',
  '"',
  "'",
  '[0]',
  '\0',
];
const oddName = fc.constantFrom(...ODD_NAMES);

/** Any text: of one character, of many, of no ASCII, with lone surrogates and control characters. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 10 })
      .map((units) => String.fromCharCode(...units)),
  },
  { weight: 2, arbitrary: fc.constantFrom(...ODD_NAMES, ...PLACEHOLDERS) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.string({ minLength: 1, maxLength: 3 }), fc.constantFrom(151, 1025, 20_000))
      .map(([text, times]) => text.repeat(times)),
  },
);

const anyJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(anyText, fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant(1e300)),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.oneof(oddName, fc.string({ maxLength: 8 })), tie('value'), {
      maxKeys: 5,
      noNullPrototype: true,
    }),
  ),
})).value;

const FRESH = fc.integer({ min: 1, max: 99 }).map((n) => `new${n}`);
const smallId = fc.integer({ min: 0, max: 5 });
const EMAIL = fc.oneof(fc.emailAddress(), fc.constant(''));
const TOKEN = fc.constantFrom('<access>', '<refresh>', '<refresh>', '<key>', '<access>x', 'a.b.c');

const goodText = fc.string({ unit: 'grapheme', maxLength: 8 });
const properties = fc.dictionary(
  fc.oneof(fc.constantFrom(...ODD_NAMES.filter((name) => name !== '\0')), goodText),
  fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 3 }),
  { maxKeys: 4, noNullPrototype: true },
);

/** Values that the field takes, so that requests get as far as the rules and the database. */
const RIGHT: Record<Kind, fc.Arbitrary<unknown>> = {
  loginName: fc.constantFrom('admin', ' admin ', 'helper', 'user', 'nobody'),
  loginPassword: fc.constantFrom('<password>', 'another password'),
  newPassword: fc.string({ unit: 'grapheme', minLength: 8, maxLength: 20 }),
  currentPassword: fc.constantFrom('<password>', 'another password'),
  token: TOKEN,
  anyToken: TOKEN,
  ignored: fc.constantFrom('access_token', 'refresh_token'),
  username: fc.oneof(FRESH, fc.constantFrom('admin', 'user')),
  email: EMAIL,
  firstAdminEmail: fc.option(EMAIL),
  name: fc.string({ unit: 'grapheme', maxLength: 10 }),
  keyName: fc.constantFrom('', 'a', 'b'),
  groupName: fc.oneof(FRESH, fc.constantFrom('one', 'other')),
  integer: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer(), smallId.map(String)),
  boolean: fc.oneof(fc.boolean(), fc.constantFrom('true', 'off', 0, 1)),
  customProperties: properties,
  avatarConfig: properties,
  ids: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
  groupIds: fc.subarray([1, 2]),
  permissionIds: fc.uniqueArray(fc.integer({ min: 1, max: 16 })),
  userId: fc.option(fc.oneof(smallId, smallId.map(String))),
};

const oneOf = (kind: Kind): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 8, arbitrary: RIGHT[kind] },
    { weight: 1, arbitrary: fc.constantFrom(null, ...WRONG[kind].map(([value]) => value)) },
    { weight: 1, arbitrary: anyJson },
  );

/** The fields of the operation, all right or some of them not, and sometimes more than those. */
function membersOf(operation: string): fc.Arbitrary<Record<string, unknown>> {
  const kinds = Object.entries(FIELDS[operation] ?? {});
  const right = Object.fromEntries(kinds.map(([name, kind]) => [name, RIGHT[kind]]));
  const any = Object.fromEntries(kinds.map(([name, kind]) => [name, oneOf(kind)]));
  const names = fc.oneof(oddName, fc.string({ maxLength: 5 }));
  const others = fc.dictionary(names, anyJson, { maxKeys: 2, noNullPrototype: true });
  const some = fc.record(any, { requiredKeys: [] });
  return fc.oneof(
    fc.record(right),
    fc.record(right, { requiredKeys: kinds.map(([name]) => name).filter((name) => REQUIRED.test(name)) }),
    some,
    fc.tuple(others, some).map(([more, given]) => ({ ...more, ...given })),
  );
}

/** Without these there is mostly nothing but a 400. */
const REQUIRED = /^(username|password|name|permissions|refresh|token)$/;

const ODD_TYPES = [
  '',
  'text/plain',
  'application/json;charset=utf-16',
  'APPLICATION/JSON ; x=y',
  'application/jsonx',
  'application/',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary="',
  'multipart/mixed; boundary=b',
  'application/x-www-form-urlencoded;charset=latin1',
  ';',
  ',',
  'application/json, text/plain',
  '*/*',
];
const contentType = fc.oneof(fc.constantFrom(...ODD_TYPES), fc.string({ maxLength: 20 }));

/** JSON with one place broken. */
const brokenJson = (members: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<Body> =>
  fc
    .tuple(
      members,
      fc.nat(),
      fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('[', '{', '"', '\\', '\0', '1e999', '\\ud800')),
    )
    .map(([value, at, inserted]): Body => {
      const text = JSON.stringify(value);
      const place = at % (text.length + 1);
      return {
        as: 'text',
        text: text.slice(0, place) + inserted + text.slice(place),
        contentType: 'application/json',
      };
    });

const textAs = (contentType: string, texts: fc.Arbitrary<string>): fc.Arbitrary<Body> =>
  texts.map((text) => ({ as: 'text', text, contentType }));

const otherJson = textAs(
  'application/json',
  anyJson.map((value) => JSON.stringify(value)),
);
const brokenForm = textAs(
  'multipart/form-data; boundary=b',
  fc
    .string({ maxLength: 60 })
    .map((text) => `--b\r\nContent-Disposition: form-data; ${text}\r\n\r\n1\r\n--b--`),
);
const TYPES = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=b'];
const anyBytes: fc.Arbitrary<Body> = fc.record({
  as: fc.constant('bytes'),
  bytes: fc.uint8Array({ maxLength: 60 }),
  contentType: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...TYPES) },
    { weight: 1, arbitrary: contentType },
  ),
});

/** Any body of the operation; null is none at all. */
export function bodyOf(operation: string): fc.Arbitrary<Body | null> {
  const members = membersOf(operation);
  const encoding = fc.constantFrom('json', 'json', 'json', 'urlencoded', 'multipart');
  const wellFormed = fc.record({ as: encoding, members }) as fc.Arbitrary<Body>;
  const ofOtherType = fc.record({ as: fc.constant<'json'>('json'), members, contentType });
  return fc.oneof(
    { weight: 12, arbitrary: wellFormed },
    { weight: 1, arbitrary: fc.constant(null) },
    ...[brokenJson(members), ofOtherType, otherJson, brokenForm, anyBytes].map((arbitrary) => ({
      weight: 1,
      arbitrary,
    })),
  );
}
