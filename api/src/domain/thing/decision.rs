//! Whether somebody may do something with a thing, and by what: the guard's own questions, asked one by one.

use entity::id::UserId;
use entity::share::Level;
use entity::user;

use super::ThingRef;
use super::action::{Need, ThingAction};
use super::object::AccessLevel;
use super::rows::{self, Reach};
use crate::access::{Circumstances, Condition, Permission};
use crate::auth::Principal;
use crate::domain::role;
use crate::error::Result;
use crate::graphql::context::RequestContext;

/// Something that is not as the action needs it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, async_graphql::Enum)]
pub enum MissingRequirement {
    /// The account cannot be used.
    Account,
    /// A permission, which a role gives.
    Permission,
    /// What the person's place, second factor or time would have to be, for a permission that a role gives under a
    /// condition: see `conditions`.
    Condition,
    /// There is no such thing for the person. Nothing more is told.
    Thing,
    /// The level on the thing, which a share gives.
    Level,
    /// The thing is in the trash and would have to be taken out.
    OutsideTrash,
    /// The thing is not in the trash and would have to be put there.
    InTrash,
}

/// What came of the questions.
pub struct Decision {
    pub need: Need,
    pub subject: UserId,
    pub thing: ThingRef,
    pub level: Option<AccessLevel>,
    pub reaches: Vec<Reach>,
    pub missing: Vec<MissingRequirement>,
    /// Under which conditions it would be allowed, where they are what is missing.
    pub conditions: Vec<Condition>,
}

/// Asks for `subject` as they are now; `is_active` says whether they could sign in at all.
pub async fn decide(
    cx: &RequestContext,
    subject: &Principal,
    is_active: bool,
    thing: ThingRef,
    action: ThingAction,
    need: Need,
) -> Result<Decision> {
    let mut missing = Vec::new();
    if !is_active {
        missing.push(MissingRequirement::Account);
    }
    if !subject.holds(need.permission) {
        missing.push(MissingRequirement::Permission);
    }
    let found = thing.look(&cx.db, subject).await?;
    let standing = rows::standings(&cx.db, subject, [thing.id()]).await?.remove(&thing.id());
    let passes_on = action == ThingAction::Share && standing.is_some_and(|standing| standing.passes_on.is_some());
    let level = found.as_ref().map(|(level, _)| *level);
    match found {
        None => missing.push(MissingRequirement::Thing),
        Some((level, in_trash)) => {
            // No level helps with what one may do with one's own alone.
            if level < AccessLevel::Owner && subject.holds_only_for_own(need.permission) {
                missing.push(MissingRequirement::Permission);
            } else if need.met(level).is_err() && !passes_on {
                missing.push(MissingRequirement::Level);
            }
            match need.in_trash {
                Some(false) if in_trash => missing.push(MissingRequirement::OutsideTrash),
                Some(true) if !in_trash => missing.push(MissingRequirement::InTrash),
                _ => {}
            }
        }
    }
    let reaches = match level {
        Some(_) => rows::reaches(&cx.db, subject, thing.id()).await?,
        None => Vec::new(),
    };
    Ok(Decision { need, subject: subject.user, thing, level, reaches, missing, conditions: Vec::new() })
}

/// Asks for somebody else, of whom only the grants are known: neither from where they come nor what they have shown. What
/// such a condition decides is told as missing.
pub async fn decide_for(
    cx: &RequestContext,
    subject: &user::Model,
    thing: ThingRef,
    action: ThingAction,
    need: Need,
) -> Result<Decision> {
    let viewer = cx.viewer()?;
    let grants = role::rows::grants_held(&cx.db, subject.id, viewer.at).await?;
    let (most, now) = (grants.at_most(), Circumstances { at: viewer.at, address: None, second_factor_at: None });
    let known = grants.held(&now);
    let person = Principal {
        user: subject.id,
        permissions: most.all,
        only_own: most.only_own,
        unconditional: most.unconditional,
        ..viewer
    };
    let mut decision = decide(cx, &person, subject.is_active(viewer.at), thing, action, need).await?;
    let owns = decision.level == Some(AccessLevel::Owner);
    let is_open = |permission: Permission| {
        most.all.holds(permission) && !(known.all.holds(permission) && (owns || !known.only_own.holds(permission)))
    };
    // Nobody does anything with what they may not read.
    for permission in [need.permission, Permission::ConversationsRead] {
        if decision.missing.is_empty() && is_open(permission) {
            decision.conditions = grants.conditions(permission).cloned().collect();
            decision.missing.push(MissingRequirement::Condition);
        }
    }
    Ok(decision)
}

impl Decision {
    /// Who could give what is missing of the level: the owner, and those who manage the thing by name.
    pub async fn could_grant(&self, cx: &RequestContext) -> Result<Vec<UserId>> {
        match self.level.is_some() && self.missing.contains(&MissingRequirement::Level) {
            true => rows::managers(&cx.db, self.thing.id(), cx.viewer()?.at).await,
            false => Ok(Vec::new()),
        }
    }
}

impl Reach {
    pub fn level(&self) -> Option<AccessLevel> {
        Level::of_rank(self.rank).map(AccessLevel::from)
    }
}
