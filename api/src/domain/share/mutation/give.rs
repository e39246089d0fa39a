//! Sharing something, and changing a share.

use async_graphql::{Context, ID, InputObject, Object, Result};
use chrono::Utc;
use entity::id::ShareId;
use entity::share::{ActiveModel, Level, Model};
use sea_orm::ActiveValue::Set;

use super::{change, kept, refused};
use crate::access::Permission;
use crate::domain::share::object::Share;
use crate::domain::share::subject::{GranteeInput, Subject, To};
use crate::domain::share::{policy, rows};
use crate::domain::thing::ThingRef;
use crate::domain::thing::object::AccessLevel;
use crate::error::{Error, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars::DateTime;
use crate::write::{self, Call, Tx};

/// What to share, with whom, how far, for how long.
#[derive(InputObject)]
pub struct ShareInput {
    /// A conversation, a tool, an advisor, or a workspace with what it holds.
    thing_id: ID,
    /// Who gets it.
    grantee: GranteeInput,
    /// What they may do, at most what the caller may. For somebody who has it already, this replaces the level. OWNER only
    /// for a workspace, and by an owner.
    level: AccessLevel,
    /// Whether they may share it with others, up to this level.
    #[graphql(default = false)]
    can_reshare: bool,
    /// When the share ends by itself: later than now. Never if left out.
    expires_at: Option<DateTime>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `share`.
    SharePayload {
        /// The share as it is now.
        share: Share,
    }
}

struct Draft {
    thing: Option<ThingRef>,
    to: To,
    level: Level,
    can_reshare: bool,
    expires_at: Option<chrono::DateTime<Utc>>,
}

impl ShareInput {
    fn parse(self) -> Result<Draft, Error> {
        let mut checks = Checks::default();
        let thing = ThingRef::check(&mut checks, &["thingId"], &self.thing_id);
        let to = To::check(&mut checks, self.grantee);
        let level = Level::from(self.level);
        to.check_level(&mut checks, thing, level, self.expires_at.is_some());
        if matches!(to, To::Everyone) && level == Level::Read && self.can_reshare {
            checks.refuse(UserError::invalid(&["level"], "Everybody only reads."));
        }
        checks.done()?;
        let expires_at = self.expires_at.map(|at| at.0);
        Ok(Draft { thing, to, level, can_reshare: self.can_reshare, expires_at })
    }
}

#[derive(Default)]
pub struct GiveShare;

#[Object]
impl GiveShare {
    /// Shares something with somebody, or changes how it is shared with them. Needs `shares:write`, and the level MANAGE
    /// there or a share with `canReshare`; nobody gives more than they have.
    #[graphql(guard = "Requires(Permission::SharesWrite)", directive = requiresPermission::apply(Permission::SharesWrite))]
    async fn share(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, with whom, how far.")] input: ShareInput,
    ) -> Result<Option<SharePayload>> {
        let call = Call::of(cx(ctx), "share", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move { Ok(SharePayload { share: Some(give(tx, draft).await?), ..Default::default() }) })
        });
        Ok(payload.await?)
    }
}

async fn give(tx: &Tx, draft: Draft) -> Result<Share, Error> {
    let viewer = tx.actor.principal()?;
    let not_found = || Error::refused(UserError::not_found(&["thingId"]));
    let thing = draft.thing.ok_or_else(not_found)?;
    let held = thing.hold(tx).await?.ok_or_else(not_found)?;
    if held.in_trash {
        return Err(Error::refused(UserError::conflict(&["thingId"], "It is in the trash: restore it first.")));
    }
    if draft.expires_at.is_some_and(|at| at <= tx.at) {
        return Err(Error::refused(UserError::invalid(&["expiresAt"], "Later than now.")));
    }
    // Asked before anybody is looked for, so that it tells nothing to those who may not share.
    policy::may_give(viewer, thing.of_kind(), held.level, held.standing, draft.level, None)?;
    let to = Subject::find(tx, viewer, &draft.to).await?;
    let before = rows::find_between(tx, thing.id(), to.id).await?;
    // What is over is nobody's any more.
    let lasting = before.as_ref().filter(|row| row.expires_at.is_none_or(|at| at > tx.at));
    policy::may_give(viewer, thing.of_kind(), held.level, held.standing, draft.level, lasting)?;
    let wanted = (to.audience, draft.level, draft.can_reshare, draft.expires_at);
    let row = match &before {
        Some(row) if (row.audience, row.level, row.can_reshare, row.expires_at) == wanted => {
            tx.unchanged();
            return Ok(row.clone().into());
        }
        Some(row) => {
            let change = ActiveModel {
                id: Set(row.id),
                audience: Set(to.audience),
                reason: Set(None),
                level: Set(draft.level),
                can_reshare: Set(draft.can_reshare),
                expires_at: Set(draft.expires_at),
                granted_by: Set(Some(viewer.user)),
                version: Set(row.version + 1),
                updated_at: Set(tx.at),
                ..Default::default()
            };
            rows::update(tx, change).await
        }
        None => {
            let row = Model {
                audience: to.audience,
                grantee_id: to.grantee,
                team_id: to.team,
                grantee_workspace_id: to.workspace,
                level: draft.level,
                can_reshare: draft.can_reshare,
                expires_at: draft.expires_at,
                ..Model::new(ShareId(tx.new_id()), thing.id(), thing.kind(), viewer.user, tx.at)
            };
            rows::insert(tx, row).await
        }
    };
    let row =
        row.map_err(|cause| refused(&["grantee"], violated_constraint(&cause)).unwrap_or_else(|| cause.into()))?;
    let change = change("share.give", &row).after(kept(&row));
    tx.record(match &before {
        Some(before) => change.before(kept(before)),
        None => change,
    })
    .await?;
    Ok(row.into())
}
