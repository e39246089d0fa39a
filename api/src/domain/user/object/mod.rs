//! The GraphQL type of users.

mod private;
mod row;

use async_graphql::{Context, ID, Object, Result};

pub use self::private::EffectivePermissions;
pub use self::row::User;
pub use super::state::UserState;
use crate::access::Permission;
use crate::domain::account::object::{Impersonation, Session};
use crate::domain::account::rows::{SESSIONS_BY_ACTIVITY, Sessions};
use crate::domain::api_key::object::ApiKey;
use crate::domain::api_key::rows::{ApiKeys, KEYS_BY_TIME};
use crate::domain::conversation::object::{Conversation, ConversationFilter, ConversationOrder};
use crate::domain::device::object::Device;
use crate::domain::device::rows::{DEVICES_BY_SEEN, Devices};
use crate::domain::identity::object::Identity;
use crate::domain::identity::rows::{IDENTITIES_BY_TIME, Identities};
use crate::domain::role::object::RoleAssignment;
use crate::domain::role::rows::{ASSIGNMENTS_BY_TIME, Assignments};
use crate::domain::second_factor::object::SecondFactor;
use crate::domain::security_event::object::SecurityEvent;
use crate::domain::security_event::rows::{EVENTS_BY_TIME, SecurityEvents};
use crate::domain::thing::action::ThingAction;
use crate::domain::thing::object::AccessDecision;
use crate::graphql::connection::Connection;
use crate::graphql::context::{Under, cx};
use crate::graphql::cost::cost;
use crate::graphql::guard::visibleTo;
use crate::graphql::id::WireId;
use crate::graphql::paging::Paging;
use crate::graphql::scalars::{DateTime, EmailAddress};

/// A person with an account.
///
/// People see those they share a conversation with; with the permission `users:read` one sees everybody. Fields marked
/// as private answer null unless it is one's own account or one holds `users:read`; those that are private in a session
/// answer null to an API key, to Basic and to the home network, unless these hold `users:read`.
#[Object]
impl User {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// Public number: 1, 2, 3 … in order of creation. Gaps are possible, a number is never used again.
    async fn number(&self) -> i64 {
        self.0.number
    }

    /// The name one signs in with. Unique without regard to case.
    async fn username(&self) -> &str {
        &self.0.username
    }

    /// The name for addresses and mentions: lower case, unique.
    async fn handle(&self) -> &str {
        &self.0.handle
    }

    /// The name shown to people, 1 to 100 characters.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// Private, in a session: the e-mail address, if there is one.
    #[graphql(directive = visibleTo::apply(true, Some(Permission::UsersRead)))]
    async fn email(&self, ctx: &Context<'_>) -> Result<Option<EmailAddress>> {
        Ok(self.reachable(ctx)?.then(|| self.0.email.clone().map(EmailAddress)).flatten())
    }

    /// Private, in a session: since when the address is known to be read by the owner; null if it is not. Another address is not verified.
    #[graphql(directive = visibleTo::apply(true, Some(Permission::UsersRead)))]
    async fn email_verified_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(self.reachable(ctx)?.then(|| self.0.email_verified_at.map(DateTime::from)).flatten())
    }

    /// Private: whether the account can be used.
    #[graphql(directive = visibleTo::apply(true, Some(Permission::UsersRead)))]
    async fn state(&self, ctx: &Context<'_>) -> Result<Option<UserState>> {
        let at = cx(ctx).viewer()?.at;
        Ok(self.private(ctx)?.then(|| self.0.state_at(at).into()))
    }

    /// Private: since when the account is in its state.
    #[graphql(directive = visibleTo::apply(true, Some(Permission::UsersRead)))]
    async fn state_changed_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let (row, at) = (&self.0, cx(ctx).viewer()?.at);
        let ended = row.suspended_until.filter(|_| row.state != row.state_at(at));
        let since = ended.or(row.state_changed_at).unwrap_or(row.created_at);
        Ok(self.private(ctx)?.then(|| since.into()))
    }

    /// Private: why the account is in its state, as whoever suspended or deleted it wrote; null if it is active.
    #[graphql(directive = visibleTo::apply(true, Some(Permission::UsersRead)))]
    async fn state_reason(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let (row, at) = (&self.0, cx(ctx).viewer()?.at);
        let reason = row.state_reason.as_deref().filter(|_| !row.is_active(at));
        Ok(if self.private(ctx)? { reason } else { None })
    }

    /// Private: when the suspension ends by itself; null if the account is not suspended or that never happens.
    #[graphql(directive = visibleTo::apply(true, Some(Permission::UsersRead)))]
    async fn suspended_until(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let (row, at) = (&self.0, cx(ctx).viewer()?.at);
        let until = row.suspended_until.filter(|_| !row.is_active(at));
        Ok(if self.private(ctx)? { until.map(DateTime::from) } else { None })
    }

    /// Grows by one with each change of the account.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When the account was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When the account was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// Private, in a session: when somebody last signed in with this account.
    #[graphql(directive = visibleTo::apply(true, Some(Permission::UsersRead)))]
    async fn last_signed_in_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(self.reachable(ctx)?.then(|| self.0.last_signed_in_at.map(DateTime::from)).flatten())
    }

    /// Private, in a session: the second factor of the account; null if it has none.
    #[graphql(directive = visibleTo::apply(true, Some(Permission::UsersRead)))]
    async fn second_factor(&self, ctx: &Context<'_>) -> Result<Option<SecondFactor>> {
        Ok(if self.reachable(ctx)? { self.enrolled(ctx).await? } else { None })
    }

    /// Who works as this user in this request, and until when; null if nobody does.
    async fn impersonation(&self, ctx: &Context<'_>) -> Result<Option<Impersonation>> {
        self.impersonated(ctx).await
    }

    /// Private: what this user may do at all, through all their unexpired roles and what those inherit from. Of oneself
    /// what counts here and now; of others also what counts only under a condition.
    #[graphql(directive = visibleTo::apply(true, Some(Permission::UsersRead)))]
    async fn permissions(&self, ctx: &Context<'_>) -> Result<Option<Vec<Permission>>> {
        if !self.private(ctx)? {
            return Ok(None);
        }
        let cx = cx(ctx);
        let viewer = &cx.viewer()?;
        let permissions = match viewer.user == self.0.id {
            true => Some(viewer.permissions),
            false => cx.load(Under { parent: self.0.id, args: EffectivePermissions }).await?,
        };
        Ok(Some(permissions.unwrap_or_default().iter().collect()))
    }

    /// Private: the roles given to this user, oldest first; expired assignments are left out.
    #[graphql(directive = visibleTo::apply(true, Some(Permission::UsersRead)))]
    async fn role_assignments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<RoleAssignment>>> {
        if !self.private(ctx)? {
            return Ok(None);
        }
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, ASSIGNMENTS_BY_TIME, Assignments, RoleAssignment).await?)
    }

    /// Private to its owner in a session: the API keys that were not revoked, the newest first.
    #[graphql(directive = visibleTo::apply(true, None))]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<ApiKey>>> {
        if !self.is_own(ctx)? {
            return Ok(None);
        }
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, KEYS_BY_TIME, ApiKeys, ApiKey).await?)
    }

    /// Private to its owner in a session: the sessions that are neither ended nor expired, used last first.
    #[graphql(directive = visibleTo::apply(true, None))]
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Session>>> {
        if !self.is_own(ctx)? {
            return Ok(None);
        }
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, SESSIONS_BY_ACTIVITY, Sessions, Session).await?)
    }

    /// Private to its owner in a session: what somebody signed in with, seen last first.
    #[graphql(directive = visibleTo::apply(true, None))]
    async fn devices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Device>>> {
        if !self.is_own(ctx)? {
            return Ok(None);
        }
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, DEVICES_BY_SEEN, Devices, Device).await?)
    }

    /// Private to its owner in a session: what other accounts one signs in with, linked first first.
    #[graphql(directive = visibleTo::apply(true, None))]
    async fn identities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Identity>>> {
        if !self.is_own(ctx)? {
            return Ok(None);
        }
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, IDENTITIES_BY_TIME, Identities, Identity).await?)
    }

    /// Private to its owner in a session: what happened to the account, the latest first.
    #[graphql(directive = visibleTo::apply(true, None))]
    async fn security_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<SecurityEvent>>> {
        if !self.is_own(ctx)? {
            return Ok(None);
        }
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, EVENTS_BY_TIME, SecurityEvents, SecurityEvent).await?)
    }

    /// Conversations that this user owns and the viewer may see, latest activity first unless ordered otherwise.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversations; without it those outside the trash.")] filter: Option<
            ConversationFilter,
        >,
        #[graphql(desc = "In which order; latest activity first if not given.")] order_by: Option<ConversationOrder>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Conversation>>> {
        let paging = Paging { first, after, last, before };
        self.owned(ctx, filter, order_by, paging).await
    }

    /// Private: whether this user may do something with a thing at this moment, and by what or what is missing. Of things
    /// that do not exist for the user nothing is told but that. It is dear, because it is asked anew for each user.
    #[graphql(directive = visibleTo::apply(true, Some(Permission::UsersRead)), directive = cost::apply(25))]
    async fn can(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done.")] action: ThingAction,
        #[graphql(desc = "The id of a conversation, a workspace, a tool or an advisor.")] id: ID,
    ) -> Result<Option<AccessDecision>> {
        Ok(if self.private(ctx)? { Some(AccessDecision::ask(ctx, &self.0, action, &id).await?) } else { None })
    }
}
