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
    ID(format!("{prefix}_{}", &*TypeIdSuffix::from(id)))
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
