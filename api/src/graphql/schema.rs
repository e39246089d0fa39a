//! The schema: the roots merged from the nouns. The only place that sees all of them.

use async_graphql::{MergedObject, MergedSubscription, Schema};

use super::apart::Apart;
use super::engine::{Engine, Limits};
use super::node::NodeQuery;
use super::scalars;
use crate::config;
use crate::domain::account::mutation::AccountMutation;
use crate::domain::advisor::mutation::AdvisorMutation;
use crate::domain::advisor::query::AdvisorQuery;
use crate::domain::api_key::mutation::ApiKeyMutation;
use crate::domain::audit::query::AuditQuery;
use crate::domain::conversation::events::ConversationSubscription;
use crate::domain::conversation::mutation::ConversationMutation;
use crate::domain::conversation::query::ConversationQuery;
use crate::domain::deprecated_use::query::DeprecatedUseQuery;
use crate::domain::device::mutation::DeviceMutation;
use crate::domain::identity::mutation::IdentityMutation;
use crate::domain::identity::query::IdentityQuery;
use crate::domain::impersonation::mutation::ImpersonationMutation;
use crate::domain::invitation::mutation::InvitationMutation;
use crate::domain::invitation::query::InvitationQuery;
use crate::domain::link::mutation::LinkMutation;
use crate::domain::link::query::LinkQuery;
use crate::domain::membership::mutation::MembershipMutation;
use crate::domain::membership::query::MembershipQuery;
use crate::domain::message::mutation::MessageMutation;
use crate::domain::message::query::MessageQuery;
use crate::domain::role::mutation::RoleMutation;
use crate::domain::role::query::RoleQuery;
use crate::domain::second_factor::mutation::SecondFactorMutation;
use crate::domain::share::mutation::ShareMutation;
use crate::domain::share::query::{AudienceQuery, ShareQuery};
use crate::domain::stream::events::StreamSubscription;
use crate::domain::stream::mutation::StreamMutation;
use crate::domain::team::mutation::TeamMutation;
use crate::domain::team::query::TeamQuery;
use crate::domain::tool::mutation::ToolMutation;
use crate::domain::tool::query::ToolQuery;
use crate::domain::tool_call::mutation::ToolCallMutation;
use crate::domain::tool_call::query::ToolCallQuery;
use crate::domain::user::mutation::UserMutation;
use crate::domain::user::query::UserQuery;
use crate::domain::workspace::mutation::WorkspaceMutation;
use crate::domain::workspace::query::WorkspaceQuery;
use crate::error;
use crate::error::catalogue::ErrorCodeQuery;

/// Everything that can be read.
#[derive(Default, MergedObject)]
pub struct Query(
    NodeQuery,
    UserQuery,
    IdentityQuery,
    InvitationQuery,
    RoleQuery,
    ConversationQuery,
    MessageQuery,
    ToolQuery,
    ToolCallQuery,
    AdvisorQuery,
    ShareQuery,
    AudienceQuery,
    TeamQuery,
    WorkspaceQuery,
    MembershipQuery,
    LinkQuery,
    DeprecatedUseQuery,
    AuditQuery,
    ErrorCodeQuery,
);

/// Everything that can be changed. Each mutation is one transaction; refused input comes back in `userErrors`.
#[derive(Default, MergedObject)]
pub struct Mutation(
    Apart<AccountMutation>,
    Apart<ApiKeyMutation>,
    Apart<SecondFactorMutation>,
    Apart<IdentityMutation>,
    Apart<ImpersonationMutation>,
    Apart<DeviceMutation>,
    Apart<UserMutation>,
    Apart<InvitationMutation>,
    Apart<RoleMutation>,
    Apart<ShareMutation>,
    Apart<TeamMutation>,
    Apart<WorkspaceMutation>,
    Apart<MembershipMutation>,
    Apart<LinkMutation>,
    Apart<AdvisorMutation>,
    Apart<ConversationMutation>,
    Apart<ToolMutation>,
    Apart<StreamMutation>,
    Apart<ToolCallMutation>,
    Apart<MessageMutation>,
);

/// Everything that can be listened to, over `graphql-transport-ws` or as server-sent events. Each event has a cursor with
/// which a later subscription goes on.
#[derive(Default, MergedSubscription)]
pub struct Subscription(ConversationSubscription, StreamSubscription);

pub type StoaEngine = Engine<Query, Mutation, Subscription>;

/// What checks a secret, makes an account or sends mail: a request asks for one of these, once.
pub const ONCE_PER_REQUEST: &[&str] = &[
    "signIn",
    "demoSignIn",
    "register",
    "refreshSession",
    "changePassword",
    "beginTotp",
    "confirmTotp",
    "confirmSecondFactor",
    "requestPasswordReset",
    "resetPassword",
    "requestEmailVerification",
    "verifyEmail",
    "beginFederatedSignIn",
    "completeFederatedSignIn",
    "linkIdentity",
    "updateUser",
    "deactivateAccount",
    "deleteAccount",
];

/// The engine's limits, as the settings have them.
pub fn limits(settings: &config::Limits) -> Limits {
    Limits {
        document_bytes: settings.document_limit,
        tokens: settings.token_limit,
        expansion: settings.expansion_limit,
        depth: settings.depth_limit,
        aliases: settings.alias_limit,
        root_fields: settings.root_field_limit,
        directives: settings.directive_limit,
        cached_documents: settings.document_cache,
        once_per_request: ONCE_PER_REQUEST,
        ..Limits::default()
    }
}

/// The engine around the schema of this version.
pub fn engine(limits: Limits) -> anyhow::Result<StoaEngine> {
    let builder = Schema::build(Query::default(), Mutation::default(), Subscription::default());
    let engine = Engine::new(builder, Query::default(), limits, error::present);
    let engine = engine.map_err(|report| anyhow::anyhow!("the schema does not hold: {report}"))?;
    Ok(engine.with_scalars(scalars::fits))
}
