//! The GraphQL types of the audit log.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use entity::audit_entry;
use entity::id::{
    AdvisorId, ApiKeyId, AuditEntryId, ConversationId, DeviceId, InvitationId, MessageId, RoleId, SessionId, ShareId,
    ToolCallId, ToolId, UserId,
};
use uuid::Uuid;

use super::loader::Seal;
use super::rows::entries::Filter;
use crate::domain::user::object::User;
use crate::error::Error;
use crate::graphql::connection::Listed;
use crate::graphql::context::{Under, cx};
use crate::graphql::id::{self, WireId};
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::{DateTime, Json};

/// Characters of the longest action or kind that is asked for.
const LONGEST: usize = 100;

/// By what somebody acted.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "audit_entry::Credential")]
pub enum AuditCredential {
    /// By nothing: nobody was signed in.
    None,
    /// By a session of their own.
    Session,
    /// By an API key.
    ApiKey,
    /// By name and password beside the request.
    Password,
    /// By a place in a trusted network, or the pair of an old installation.
    Network,
    /// By a session in which the actor works as somebody else.
    Impersonation,
    /// By the command line or the settings of the service.
    Operator,
}

/// Which entries; what is left out does not narrow.
#[derive(Default, InputObject)]
pub struct AuditFilter {
    /// Those about the thing with this id, of whatever type; also as a plain UUID.
    subject_id: Option<ID>,
    /// Those about things of this kind, as in `subjectKind`; at most 100 characters.
    subject_kind: Option<String>,
    /// What this user did, in whosever name.
    actor_id: Option<ID>,
    /// Those of this action, as in `action`; at most 100 characters.
    action: Option<String>,
    /// Those from this moment on.
    from: Option<DateTime>,
    /// Those before this moment.
    until: Option<DateTime>,
}

impl AuditFilter {
    pub fn parse(self) -> Result<Filter, Error> {
        let word = |name: &'static str, text: Option<String>| match text {
            Some(text) if text.chars().count() > LONGEST || text.contains('\0') => {
                Err(Error::invalid(name, format!("At most {LONGEST} characters, and no NUL.")))
            }
            text => Ok(text),
        };
        let subject =
            |text: ID| id::decode_any(&text).ok_or_else(|| Error::invalid("filter.subjectId", "This is not an id."));
        Ok(Filter {
            subject: self.subject_id.map(subject).transpose()?,
            actor: self.actor_id.map(|id| UserId::argument("filter.actorId", &id)).transpose()?,
            action: word("filter.action", self.action)?,
            kind: word("filter.subjectKind", self.subject_kind)?,
            from: self.from.map(|at| at.0),
            until: self.until.map(|at| at.0),
        })
    }
}

#[derive(Clone)]
pub struct AuditEntry(pub Arc<audit_entry::Model>);

impl Listed for AuditEntry {
    const NAME: &'static str = "AuditEntry";
}

impl Columns for AuditEntry {}

/// The id of a thing as the API writes it, where things of this kind have such ids.
fn wire(kind: &str, id: Uuid) -> ID {
    match kind {
        "user" => UserId(id).encode(),
        "session" => SessionId(id).encode(),
        "api_key" => ApiKeyId(id).encode(),
        "device" => DeviceId(id).encode(),
        "invitation" => InvitationId(id).encode(),
        "role" => RoleId(id).encode(),
        "conversation" => ConversationId(id).encode(),
        "message" => MessageId(id).encode(),
        "tool_call" => ToolCallId(id).encode(),
        "share" => ShareId(id).encode(),
        "tool" => ToolId(id).encode(),
        "advisor" => AdvisorId(id).encode(),
        _ => ID(id.to_string()),
    }
}

impl AuditEntry {
    async fn user(ctx: &Context<'_>, id: Option<UserId>) -> Result<Option<Row<User>>> {
        match id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }
}

/// That something was changed: by whom, when, and what it was before and after. It holds no secret, no address and nothing
/// that people wrote. Seen with `audit:read`.
#[Object]
impl AuditEntry {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        AuditEntryId::encode(self.0.id)
    }

    /// When.
    async fn at(&self) -> DateTime {
        self.0.at.into()
    }

    /// Who answers for it; null if nobody was signed in or an operator did it, and when the viewer may not see the user.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        Self::user(ctx, self.0.actor_id).await
    }

    /// In whose name, where the actor worked as somebody else; null otherwise, and when the viewer may not see the user.
    async fn on_behalf_of(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        Self::user(ctx, self.0.on_behalf_of).await
    }

    /// By what; null in entries from before this was written down.
    async fn credential(&self) -> Option<AuditCredential> {
        self.0.credential.map(AuditCredential::from)
    }

    /// The session by which it was done; null if there was none.
    async fn session_id(&self) -> Option<ID> {
        self.0.session_id.map(WireId::encode)
    }

    /// The API key by which it was done; null if there was none.
    async fn api_key_id(&self) -> Option<ID> {
        self.0.api_key_id.map(WireId::encode)
    }

    /// The id of the request, as answers and the service's log have it; `command-line` for operators.
    async fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// What was done: `noun.verb`, such as `role.assign`.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// What kind of thing it was done to, such as `user`.
    async fn subject_kind(&self) -> &str {
        &self.0.subject_kind
    }

    /// The thing it was done to, whether or not it is still there; a UUID for kinds that have no ids in this schema.
    async fn subject_id(&self) -> ID {
        wire(&self.0.subject_kind, self.0.subject_id)
    }

    /// What it was before, as far as that is written down; null if nothing is.
    async fn before(&self) -> Option<Json> {
        self.0.before.clone().map(Json)
    }

    /// What it was afterwards, as far as that is written down; null if nothing is.
    async fn after(&self) -> Option<Json> {
        self.0.after.clone().map(Json)
    }

    /// The number of its seal in the chain, in decimal digits; null until it is sealed, which takes a second or two.
    async fn sealed_as(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let sequence = cx(ctx).load(Under { parent: self.0.id, args: Seal }).await?;
        Ok(sequence.map(|sequence| sequence.to_string()))
    }
}
