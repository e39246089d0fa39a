//! `node` and `nodes`: anything that has an id, under exactly the rules of the lists.

use async_graphql::{Context, ID, Interface, Object, Result};
use entity::id::{
    AdvisorId, ApiKeyId, AuditEntryId, ConversationId, DeviceId, IdentityId, InvitationId, MembershipInvitationId,
    MessageId, PermissionId, RoleId, SecurityEventId, SessionId, ShareId, TeamId, ToolCallId, ToolId, UserId,
    WorkspaceId,
};

use super::context::{RequestContext, cx};
use super::guard::{SignedIn, authenticated};
use super::id::WireId;
use crate::domain::account::object::Session;
use crate::domain::advisor::object::Advisor;
use crate::domain::api_key::object::ApiKey;
use crate::domain::audit::object::AuditEntry;
use crate::domain::conversation::object::Conversation;
use crate::domain::device::object::Device;
use crate::domain::identity::object::Identity;
use crate::domain::invitation::object::Invitation;
use crate::domain::membership::object::MembershipInvitation;
use crate::domain::message::object::Message;
use crate::domain::role::object::{PermissionEntry, Role};
use crate::domain::security_event::object::SecurityEvent;
use crate::domain::share::object::Share;
use crate::domain::team::object::Team;
use crate::domain::tool::object::Tool;
use crate::domain::tool_call::object::ToolCall;
use crate::domain::user::object::User;
use crate::domain::workspace::object::Workspace;
use crate::error::Error;

/// Most ids of one `nodes`.
const MOST: usize = 100;

/// Anything that is stored under an id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque, unique across all types."))]
pub enum Node {
    User(User),
    Session(Session),
    ApiKey(ApiKey),
    Device(Device),
    Identity(Identity),
    SecurityEvent(SecurityEvent),
    Invitation(Invitation),
    Role(Role),
    Permission(PermissionEntry),
    Conversation(Conversation),
    Message(Message),
    ToolCall(ToolCall),
    Share(Share),
    Team(Team),
    Workspace(Workspace),
    MembershipInvitation(MembershipInvitation),
    AuditEntry(AuditEntry),
    Tool(Tool),
    Advisor(Advisor),
}

/// An id of any type.
enum AnyId {
    User(UserId),
    Session(SessionId),
    ApiKey(ApiKeyId),
    Device(DeviceId),
    Identity(IdentityId),
    SecurityEvent(SecurityEventId),
    Invitation(InvitationId),
    Role(RoleId),
    Permission(PermissionId),
    Conversation(ConversationId),
    Message(MessageId),
    ToolCall(ToolCallId),
    Share(ShareId),
    Team(TeamId),
    Workspace(WorkspaceId),
    MembershipInvitation(MembershipInvitationId),
    AuditEntry(AuditEntryId),
    Tool(ToolId),
    Advisor(AdvisorId),
}

impl AnyId {
    fn parse(text: &str) -> Option<Self> {
        Some(match text.split_once('_')?.0 {
            UserId::PREFIX => Self::User(UserId::decode(text)?),
            SessionId::PREFIX => Self::Session(SessionId::decode(text)?),
            ApiKeyId::PREFIX => Self::ApiKey(ApiKeyId::decode(text)?),
            DeviceId::PREFIX => Self::Device(DeviceId::decode(text)?),
            IdentityId::PREFIX => Self::Identity(IdentityId::decode(text)?),
            SecurityEventId::PREFIX => Self::SecurityEvent(SecurityEventId::decode(text)?),
            InvitationId::PREFIX => Self::Invitation(InvitationId::decode(text)?),
            RoleId::PREFIX => Self::Role(RoleId::decode(text)?),
            PermissionId::PREFIX => Self::Permission(PermissionId::decode(text)?),
            ConversationId::PREFIX => Self::Conversation(ConversationId::decode(text)?),
            MessageId::PREFIX => Self::Message(MessageId::decode(text)?),
            ToolCallId::PREFIX => Self::ToolCall(ToolCallId::decode(text)?),
            ShareId::PREFIX => Self::Share(ShareId::decode(text)?),
            TeamId::PREFIX => Self::Team(TeamId::decode(text)?),
            WorkspaceId::PREFIX => Self::Workspace(WorkspaceId::decode(text)?),
            MembershipInvitationId::PREFIX => Self::MembershipInvitation(MembershipInvitationId::decode(text)?),
            AuditEntryId::PREFIX => Self::AuditEntry(AuditEntryId::decode(text)?),
            ToolId::PREFIX => Self::Tool(ToolId::decode(text)?),
            AdvisorId::PREFIX => Self::Advisor(AdvisorId::decode(text)?),
            _ => return None,
        })
    }

    async fn load(self, cx: &RequestContext) -> Result<Option<Node>, Error> {
        Ok(match self {
            Self::User(id) => cx.load(id).await?.map(User).map(Node::from),
            Self::Session(id) => cx.load(id).await?.map(Session).map(Node::from),
            Self::ApiKey(id) => cx.load(id).await?.map(ApiKey).map(Node::from),
            Self::Device(id) => cx.load(id).await?.map(Device).map(Node::from),
            Self::Identity(id) => cx.load(id).await?.map(Identity).map(Node::from),
            Self::SecurityEvent(id) => cx.load(id).await?.map(SecurityEvent).map(Node::from),
            Self::Invitation(id) => cx.load(id).await?.map(Invitation).map(Node::from),
            Self::Role(id) => cx.load(id).await?.map(Role).map(Node::from),
            Self::Permission(id) => cx.load(id).await?.map(PermissionEntry).map(Node::from),
            Self::Conversation(id) => cx.load(id).await?.map(Conversation).map(Node::from),
            Self::Message(id) => cx.load(id).await?.map(Message).map(Node::from),
            Self::ToolCall(id) => cx.load(id).await?.map(ToolCall).map(Node::from),
            Self::Share(id) => cx.load(id).await?.map(Share).map(Node::from),
            Self::Team(id) => cx.load(id).await?.map(Team).map(Node::from),
            Self::Workspace(id) => cx.load(id).await?.map(Workspace).map(Node::from),
            Self::MembershipInvitation(id) => cx.load(id).await?.map(MembershipInvitation).map(Node::from),
            Self::AuditEntry(id) => cx.load(id).await?.map(AuditEntry).map(Node::from),
            Self::Tool(id) => cx.load(id).await?.map(Tool).map(Node::from),
            Self::Advisor(id) => cx.load(id).await?.map(Advisor).map(Node::from),
        })
    }
}

#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The thing with this id; null if there is none that the viewer may see. Needs a signed-in user.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "An id of any type.")] id: ID) -> Result<Option<Node>> {
        let id = AnyId::parse(&id).ok_or_else(|| Error::invalid("id", "This is not an id."))?;
        Ok(id.load(cx(ctx)).await?)
    }

    /// The things with these ids, in the same order, each null if there is none that the viewer may see. Needs a
    /// signed-in user.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids of any types, at most 100.")] ids: Vec<ID>,
    ) -> Result<Option<Vec<Option<Node>>>> {
        if ids.len() > MOST {
            return Err(Error::invalid("ids", format!("At most {MOST} ids.")).into());
        }
        let parsed: Option<Vec<AnyId>> = ids.iter().map(|id| AnyId::parse(id)).collect();
        let parsed = parsed.ok_or_else(|| Error::invalid("ids", "One of these is not an id."))?;
        let cx = cx(ctx);
        Ok(Some(futures_util::future::try_join_all(parsed.into_iter().map(|id| id.load(cx))).await?))
    }
}
