//! One type per kind of id, so that a message's id can never be taken for its conversation's.

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::row::Cell;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, DeriveValueType, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        /// Asked for by the derive of entities; a UUID is never made from a number.
        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl Cell for $name {
            type Column = Uuid;

            fn from_column(value: Uuid) -> Result<Self, DbErr> {
                Ok(Self(value))
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> $name {
                $name(id)
            }
        }
    )*};
}

ids! {
    UserId SessionId ApiKeyId DeviceId SecurityEventId InvitationId RoleId PermissionId ConversationId MessageId ToolCallId
    ShareId TeamId WorkspaceId ThingId MembershipInvitationId ConfirmationId MailId IdentityId SignInFlowId AuditEntryId
    ToolId AdvisorId
}

/// What can be shared, named as one.
macro_rules! things {
    ($($id:ident)*) => {$(
        impl From<$id> for ThingId {
            fn from(id: $id) -> Self {
                Self(id.0)
            }
        }
    )*};
}

things! { ConversationId WorkspaceId ToolId AdvisorId }
