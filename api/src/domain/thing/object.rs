//! The GraphQL types of things as such.

use async_graphql::{Context, Enum, ID, Object, Result, Union};
use entity::{share, user};

use super::ThingRef;
use super::action::ThingAction;
use super::decision::{self, Decision, MissingRequirement};
use super::rows::{self, Reach};
use crate::access::Permission;
use crate::domain::advisor::object::Advisor;
use crate::domain::conversation::object::Conversation;
use crate::domain::role::condition::GrantCondition;
use crate::domain::role::object::Role;
use crate::domain::share::object::Share;
use crate::domain::tool::object::Tool;
use crate::domain::user::object::User;
use crate::domain::workspace::object::Workspace;
use crate::error::Error;
use crate::graphql::context::cx;
use crate::graphql::row::Row;

/// What somebody may do with a thing that can be shared; each level includes the ones before it.
#[derive(Clone, Copy, Debug, Enum, Eq, Ord, PartialEq, PartialOrd)]
#[graphql(remote = "share::Level")]
pub enum AccessLevel {
    /// See it; of a workspace also what is in it. Of a tool also name it in calls, and copy it.
    Read,
    /// Append own messages, anywhere in the tree.
    Comment,
    /// Edit messages, retitle, archive, record and approve tool calls; of a workspace also put things in; change a tool or an advisor.
    Write,
    /// Share it with others and take that back, up to this level; of a workspace also retitle it and take things out.
    Manage,
    /// Everything. A conversation or tool has one owner; a workspace has members that are owners.
    Owner,
}

/// Something that can be shared.
#[derive(Union)]
pub enum Shareable {
    Conversation(Conversation),
    Workspace(Workspace),
    Tool(Tool),
    Advisor(Advisor),
}

/// A way in which somebody has a thing.
pub struct AccessReason(pub Reach);

/// A way in which somebody has a thing.
#[Object]
impl AccessReason {
    /// How far this way goes.
    async fn level(&self) -> Option<AccessLevel> {
        self.0.level()
    }

    /// Whether it is that they own the thing.
    async fn is_owner(&self) -> bool {
        self.0.share.is_none()
    }

    /// The share by which they have it, of the thing itself or of the workspace that holds it; null for the owner, or if
    /// the viewer may not see it.
    async fn share(&self, ctx: &Context<'_>) -> Result<Option<Share>> {
        match self.0.share {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Share)),
            None => Ok(None),
        }
    }

    /// The workspace that holds the thing, where that is how they have it; null otherwise, or if the viewer may not see it.
    async fn workspace(&self, ctx: &Context<'_>) -> Result<Option<Workspace>> {
        match self.0.workspace {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Workspace)),
            None => Ok(None),
        }
    }
}

/// Whether somebody may do something with a thing, and by what or what is missing. It is what the operation itself would
/// decide at this moment.
#[Object]
impl AccessDecision {
    /// Whether it is allowed.
    async fn is_allowed(&self) -> bool {
        self.0.missing.is_empty()
    }

    /// What is missing; empty if it is allowed.
    async fn missing(&self) -> &[MissingRequirement] {
        &self.0.missing
    }

    /// The conditions under which it would be allowed, where CONDITION is what is missing: one of them has to be met by the
    /// person's next request. Empty otherwise, and of oneself, whose place and second factor are known.
    async fn conditions(&self) -> Vec<GrantCondition> {
        self.0.conditions.iter().cloned().map(GrantCondition::from).collect()
    }

    /// The permission that it needs.
    async fn needs_permission(&self) -> Permission {
        self.0.need.permission
    }

    /// The level on the thing that it needs. For SHARE a share with `canReshare` will do, too.
    async fn needs_level(&self) -> AccessLevel {
        self.0.need.level
    }

    /// The level that the person has on the thing; null if it does not exist for them.
    async fn level(&self) -> Option<AccessLevel> {
        self.0.level
    }

    /// By what the person has the thing, the farthest first; empty if it does not exist for them, and
    /// for a tool of the installation, which everybody has.
    async fn reasons(&self) -> Vec<AccessReason> {
        self.0.reaches.iter().copied().map(AccessReason).collect()
    }

    /// The roles that give the person the permission, as far as the viewer may see them.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<Role>> {
        let cx = cx(ctx);
        let ids = rows::roles_with(&cx.db, self.0.subject, self.0.need.permission, cx.viewer()?.at).await?;
        let found = cx.load_many(ids.clone()).await?;
        Ok(ids.iter().filter_map(|id| found.get(id).cloned().map(Role)).collect())
    }

    /// Who could give the level, where that is what is missing: at most 20 of those who own or manage the thing, as far as
    /// the viewer may see them. A missing permission is given by somebody with `roles:write`.
    async fn could_grant(&self, ctx: &Context<'_>) -> Result<Vec<Row<User>>> {
        let cx = cx(ctx);
        let ids = self.0.could_grant(cx).await?;
        let found = cx.load_many(ids.clone()).await?;
        Ok(ids.iter().filter_map(|id| found.get(id).cloned().map(User).map(Row)).collect())
    }
}

pub struct AccessDecision(Decision);

impl AccessDecision {
    /// Asked for the account `row`, by the viewer.
    pub async fn ask(ctx: &Context<'_>, row: &user::Model, action: ThingAction, id: &ID) -> Result<Self> {
        let cx = cx(ctx);
        let viewer = cx.viewer()?;
        let thing = ThingRef::argument("id", id)?;
        let need = action.need(thing.of_kind());
        let need = need.ok_or_else(|| Error::invalid("action", "This is not done with a thing of this kind."))?;
        Ok(Self(match row.id == viewer.user {
            true => decision::decide(cx, &viewer, row.is_active(viewer.at), thing, action, need).await?,
            false => decision::decide_for(cx, row, thing, action, need).await?,
        }))
    }
}
