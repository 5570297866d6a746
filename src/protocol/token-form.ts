const SEGMENT = /^[\w-]+$/;
const THREE_SEGMENTS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The characters that can end a last group of two or three characters: those whose spare bits are zero. */
const LAST_OF_TWO = 'AQgw';
const LAST_OF_THREE = 'AEIMQUYcgkosw048';

/** Whether a text is base64url (RFC 4648 section 5) as an encoder writes it: no padding, no blanks, no spare bits. */
export const isCanonicalBase64url = (text: string): boolean => SEGMENT.test(text) && endsCanonically(text);

/**
 * Whether a text is a signed token in its only spelling (RFC 7515 section 7.1): three segments of canonical base64url.
 * Decoders accept further spellings of the same bytes, so that one signature would hold for many texts.
 */
export const isCanonicalToken = (text: string): boolean =>
  THREE_SEGMENTS.test(text) && text.split('.').every(endsCanonically);

function endsCanonically(segment: string): boolean {
  const last = segment.charAt(segment.length - 1);
  switch (segment.length % 4) {
    case 0:
      return true;
    case 2:
      return LAST_OF_TWO.includes(last);
    case 3:
      return LAST_OF_THREE.includes(last);
    default:
      return false;
  }
}
