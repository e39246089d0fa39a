//! Ids on the wire are TypeIDs: a prefix that names the type, `_`, and the row's UUIDv7 in Crockford's base 32.

use std::str::FromStr;

use async_graphql::ID;
use entity::id::{
    AdvisorId, ApiKeyId, AuditEntryId, ConversationId, DeviceId, IdentityId, InvitationId, MembershipInvitationId,
    MessageId, PermissionId, RoleId, SecurityEventId, SessionId, ShareId, TeamId, ToolCallId, ToolId, UserId,
    WorkspaceId,
};
use mti::prelude::TypeIdSuffix;
use uuid::Uuid;

use crate::error::{Error, Result};

/// An id that has a form on the wire.
pub trait WireId: Copy + From<Uuid> + Into<Uuid> {
    const PREFIX: &'static str;

    fn encode(self) -> ID {
        encode_as(Self::PREFIX, self.into())
    }

    /// Nothing if the text is not an id, or one of another type.
    fn decode(text: &str) -> Option<Self> {
        let suffix = text.strip_prefix(Self::PREFIX)?.strip_prefix('_')?;
        TypeIdSuffix::from_str(suffix).ok().map(|suffix| suffix.to_uuid().into())
    }

    /// The id given as a query's argument; anything else is `INVALID` and names the argument.
    fn argument(name: &'static str, text: &ID) -> Result<Self> {
        Self::decode(text)
            .ok_or_else(|| Error::invalid(name, format!("This is not an id that begins with {}_.", Self::PREFIX)))
    }
}

/// An id with a prefix that only data tells.
pub fn encode_as(prefix: &str, id: Uuid) -> ID {
    let mut text = Vec::with_capacity(prefix.len() + 1 + SUFFIX);
    write_id(prefix, id, &mut text);
    // Of ASCII alone.
    ID(String::from_utf8(text).unwrap_or_default())
}

/// Characters of an id behind its prefix: five bits each, two of them before the first of the UUID's.
const SUFFIX: usize = 26;
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Appends an id.
pub fn write_id(prefix: &str, id: Uuid, out: &mut Vec<u8>) {
    out.extend_from_slice(prefix.as_bytes());
    let mut suffix = [b'_'; 1 + SUFFIX];
    let (high, low) = id.as_u64_pair();
    // The last twelve digits are in the lower half, the first thirteen in the upper one, and one in both.
    for place in 0..SUFFIX {
        let shift = 5 * (SUFFIX - 1 - place);
        let bits = match shift {
            0..60 => low >> shift,
            60 => low >> 60 | high << 4,
            _ => high >> (shift - 64),
        };
        suffix[1 + place] = DIGITS[(bits & 31) as usize];
    }
    out.extend_from_slice(&suffix);
}

/// The UUID of an id of whatever type, or one that is written as such.
pub fn decode_any(text: &str) -> Option<Uuid> {
    match text.rsplit_once('_') {
        Some((_, suffix)) => TypeIdSuffix::from_str(suffix).ok().map(|suffix| suffix.to_uuid()),
        None => Uuid::parse_str(text).ok(),
    }
}

macro_rules! prefixes {
    ($($id:ident $prefix:literal)*) => {$(
        impl WireId for $id {
            const PREFIX: &'static str = $prefix;
        }
    )*};
}

prefixes! {
    UserId "user"
    SessionId "sess"
    ApiKeyId "key"
    DeviceId "device"
    IdentityId "idn"
    SecurityEventId "secevent"
    InvitationId "invite"
    RoleId "role"
    PermissionId "perm"
    ConversationId "conv"
    MessageId "msg"
    ToolCallId "call"
    ShareId "share"
    TeamId "team"
    WorkspaceId "space"
    MembershipInvitationId "join"
    AuditEntryId "audit"
    ToolId "tool"
    AdvisorId "adv"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_as_the_library_does() {
        let mut id = 1_u128;
        for _ in 0..1_000 {
            for id in [id, !id, id << 1] {
                let id = Uuid::from_u128(id);
                assert_eq!(encode_as("msg", id).0, format!("msg_{}", &*TypeIdSuffix::from(id)));
            }
            id = id.wrapping_mul(0x2545_f491_4f6c_dd1d_3c6e_f372_fe94_f82b).wrapping_add(7);
        }
    }
}
