//! The token of a trusted device.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::device;
use entity::id::DeviceId;
use uuid::Uuid;

use crate::auth::token::Tokens;

const PREFIX: &str = "stoa_dt_";

/// The token of a device as it is trusted now; nothing if it is not.
pub fn write(tokens: &Tokens, device: &device::Model) -> Option<String> {
    let code = code(tokens, device)?;
    Some(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([device.id.0.as_bytes().as_slice(), &code].concat())))
}

/// The device that a token names, whether it is right or not.
pub fn named(token: &str) -> Option<DeviceId> {
    let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX)?).ok()?;
    bytes.first_chunk().map(|id| DeviceId(Uuid::from_bytes(*id)))
}

/// Whether it is the token of this device.
pub fn is_of(tokens: &Tokens, device: &device::Model, token: &str) -> bool {
    let sent = token.strip_prefix(PREFIX).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let (Some(sent), Some(code)) = (sent, code(tokens, device)) else { return false };
    // Both are hashed with the service's key first, so that how far they agree tells nothing.
    let mask = |code: &[u8]| tokens.keyed_hash(&[b"compared\0", code]);
    sent.get(16..).is_some_and(|sent| mask(sent) == mask(&code))
}

fn code(tokens: &Tokens, device: &device::Model) -> Option<[u8; 32]> {
    let until = device.trusted_until?.timestamp_micros();
    Some(tokens.keyed_hash(&[b"device\0", device.id.0.as_bytes(), &until.to_be_bytes()]))
}
