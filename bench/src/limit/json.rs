//! JSON written straight into a buffer.

use chrono::{DateTime, Utc};
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const HEX: &[u8; 16] = b"0123456789abcdef";

/// A buffer that JSON is appended to.
pub struct Json(pub Vec<u8>);

impl Json {
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Appends what is JSON already.
    pub fn raw(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub fn number(&mut self, number: i32) -> &mut Self {
        if number < 0 {
            self.0.push(b'-');
        }
        let (mut digits, mut at, mut rest) = ([0; 10], 10, number.unsigned_abs());
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.0.extend_from_slice(&digits[at..]);
        self
    }

    pub fn boolean(&mut self, value: bool) -> &mut Self {
        self.raw(if value { "true" } else { "false" })
    }

    /// A string, escaped.
    pub fn string(&mut self, text: &str) -> &mut Self {
        let out = &mut self.0;
        out.reserve(text.len() + 2);
        out.push(b'"');
        let bytes = text.as_bytes();
        let (mut copied, mut at) = (0, 0);
        while at < bytes.len() {
            // Eight bytes at a time while none of them is special.
            while let Some(chunk) = bytes.get(at..at + 8) {
                let word = u64::from_le_bytes(chunk.try_into().unwrap_or_default());
                if is_special(word) {
                    break;
                }
                at += 8;
            }
            let Some(&byte) = bytes.get(at) else { break };
            let escape: &[u8] = match byte {
                b'"' => b"\\\"",
                b'\\' => b"\\\\",
                b'\n' => b"\\n",
                b'\r' => b"\\r",
                b'\t' => b"\\t",
                0..0x20 => b"\\u00",
                _ => {
                    at += 1;
                    continue;
                }
            };
            out.extend_from_slice(&bytes[copied..at]);
            out.extend_from_slice(escape);
            if escape.len() == 4 {
                out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            at += 1;
            copied = at;
        }
        out.extend_from_slice(&bytes[copied..]);
        out.push(b'"');
        self
    }

    pub fn optional(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.string(text),
            None => self.raw("null"),
        }
    }

    /// A closed value of the database as GraphQL spells it.
    pub fn enumerated(&mut self, text: &str) -> &mut Self {
        self.0.push(b'"');
        self.0.extend(text.bytes().map(|byte| byte.to_ascii_uppercase()));
        self.0.push(b'"');
        self
    }

    /// A TypeID.
    pub fn id(&mut self, prefix: &str, id: Uuid) -> &mut Self {
        let bits = id.as_u128();
        let mut suffix = [0; 26];
        for (place, byte) in suffix.iter_mut().enumerate() {
            *byte = ALPHABET[(bits >> (125 - 5 * place) & 31) as usize];
        }
        self.0.push(b'"');
        self.raw(prefix);
        self.0.push(b'_');
        self.0.extend_from_slice(&suffix);
        self.0.push(b'"');
        self
    }

    /// A moment with milliseconds.
    pub fn time(&mut self, at: DateTime<Utc>) -> &mut Self {
        let milliseconds = at.timestamp_millis();
        let (days, of_day) = (milliseconds.div_euclid(86_400_000), milliseconds.rem_euclid(86_400_000));
        // Days to a date, as in Howard Hinnant's "chrono-compatible low-level date algorithms".
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let mut text = *b"\"0000-00-00T00:00:00.000Z\"";
        let mut put = |at: usize, width: usize, mut value: i64| {
            for place in (at..at + width).rev() {
                text[place] = b'0' + (value % 10) as u8;
                value /= 10;
            }
        };
        put(1, 4, year);
        put(6, 2, month);
        put(9, 2, day);
        put(12, 2, of_day / 3_600_000);
        put(15, 2, of_day / 60_000 % 60);
        put(18, 2, of_day / 1000 % 60);
        put(21, 3, of_day % 1000);
        self.0.extend_from_slice(&text);
        self
    }

    /// Items between commas.
    pub fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Self, T)) -> &mut Self {
        self.0.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.0.push(b',');
            }
            each(self, item);
        }
        self.0.push(b']');
        self
    }
}

/// Whether one of eight bytes is a quote, a backslash or a control character.
fn is_special(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = ONES << 7;
    let has_zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
    (control | has_zero(word ^ (ONES * 0x22)) | has_zero(word ^ (ONES * 0x5c))) != 0
}

/// The UUID in a TypeID.
pub fn decode_id(text: &str) -> Option<Uuid> {
    let (_, suffix) = text.rsplit_once('_')?;
    let mut bits = 0_u128;
    for byte in suffix.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == byte)?;
        bits = bits << 5 | value as u128;
    }
    Some(Uuid::from_u128(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let texts =
            ["", "plain", "a \"quote\"", "line\nfeed \\ and \u{1}", "café 12345678", "12345678\"", "é\tü\r\u{1f}x"];
        for text in texts {
            let mut json = Json::with_capacity(0);
            json.string(text);
            assert_eq!(serde_json::from_slice::<String>(&json.0).unwrap(), text);
        }
        for number in [0, 7, 10, -1, i32::MAX, i32::MIN] {
            let mut json = Json::with_capacity(0);
            json.number(number);
            assert_eq!(serde_json::from_slice::<i32>(&json.0).unwrap(), number);
        }
        for milliseconds in [0, 951_782_400_001, 1_767_225_599_999, 4_102_444_800_000] {
            let at = DateTime::from_timestamp_millis(milliseconds).unwrap();
            let mut json = Json::with_capacity(0);
            json.time(at);
            assert_eq!(serde_json::from_slice::<DateTime<Utc>>(&json.0).unwrap(), at);
        }
        let id = Uuid::from_u128(0x0190_1234_5678_7abc_8def_0123_4567_89ab);
        let mut json = Json::with_capacity(0);
        json.id("conv", id);
        let text: String = serde_json::from_slice(&json.0).unwrap();
        assert_eq!(decode_id(&text), Some(id));
        assert_eq!(text, stoa::graphql::id::WireId::encode(entity_id(id)).0);
    }

    fn entity_id(id: Uuid) -> impl stoa::graphql::id::WireId {
        entity::id::ConversationId(id)
    }
}
