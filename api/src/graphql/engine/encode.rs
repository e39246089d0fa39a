//! Responses as JSON: what `serde_json` writes, byte for byte, in a third of its time on long texts. But for binary values:
//! they are JSON that is written already (see `graphql/row.rs`), as no resolver answers with bytes.

use async_graphql::{Response, Value};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The response in one line.
pub fn encode(response: &Response) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024 + written(&response.data));
    write(response, &mut out);
    out
}

/// A value in one line.
pub fn encode_value(data: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024 + written(data));
    value(data, &mut out);
    out
}

/// Bytes of what is written already, and of texts as they come: most of an answer that is long.
fn written(value: &Value) -> usize {
    match value {
        Value::Binary(json) => json.len() + 1,
        Value::String(text) => text.len() + 16,
        Value::List(items) => items.iter().map(written).sum(),
        Value::Object(fields) => fields.values().map(written).sum(),
        _ => 0,
    }
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
        Value::String(text) => encode_string(text, out),
        Value::Enum(name) => encode_string(name, out),
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
        Value::Binary(json) => out.extend_from_slice(json),
    }
}

fn object<'a>(fields: impl Iterator<Item = (&'a str, &'a Value)>, out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (name, value)) in fields.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        encode_string(name, out);
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

/// Whether nothing in a piece of text is special. Without a branch in it, so that the compiler looks at many bytes at once.
fn is_clean(chunk: &[u8; 64]) -> bool {
    let special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    !chunk.iter().fold(false, |found, byte| found | special(*byte))
}

/// A string, escaped: by large steps as long as nothing is special, then by eight bytes to what is.
pub fn encode_string(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        if let Some(chunk) = bytes[at..].first_chunk()
            && is_clean(chunk)
        {
            at += chunk.len();
            continue;
        }
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
