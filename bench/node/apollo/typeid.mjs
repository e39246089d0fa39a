// Ids on the wire: a prefix, `_`, and the UUID's 128 bits in Crockford's base 32.

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Two letters for each number of ten bits. */
const PAIRS = Array.from({ length: 1024 }, (_, bits) => ALPHABET[bits >> 5] + ALPHABET[bits & 31]);
const VALUES = new Map(PAIRS.map((pair, bits) => [pair, bits]));

const SUFFIX = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** The first byte makes two letters, every further five hexadecimal digits make four. */
export function encode(prefix, uuid) {
  const digits = uuid.replaceAll('-', '');
  let text = `${prefix}_${PAIRS[parseInt(digits.slice(0, 2), 16)]}`;
  for (let at = 2; at < 32; at += 5) {
    const bits = parseInt(digits.slice(at, at + 5), 16);
    text += PAIRS[bits >> 10] + PAIRS[bits & 1023];
  }
  return text;
}

/** The UUID, or null if the text is no id of this kind. */
export function decode(prefix, id) {
  const suffix = id.slice(prefix.length + 1);
  if (!id.startsWith(`${prefix}_`) || !SUFFIX.test(suffix)) return null;
  const value = (at) => VALUES.get(suffix.slice(at, at + 2));
  let digits = value(0).toString(16).padStart(2, '0');
  for (let at = 2; at < 26; at += 4) {
    digits += ((value(at) << 10) | value(at + 2)).toString(16).padStart(5, '0');
  }
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
