//! Taking shares back.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::ShareId;
use entity::share::{Audience, Model};

use super::{change, kept, refused};
use crate::access::Permission;
use crate::domain::share::{policy, rows};
use crate::domain::thing::ThingRef;
use crate::error::{Error, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{SignedIn, authenticated};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Tx};

/// A share to take back.
#[derive(InputObject)]
pub struct RevokeShareInput {
    /// The share: those with the level MANAGE take back any, others what they gave, a grantee gives up their own.
    share_id: ID,
    /// Takes back as well what the grantee shared with others by it, and what those shared on.
    #[graphql(default = false)]
    with_passed_on: bool,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `revokeShare`.
    RevokeSharePayload {
        /// The id that no longer names anything.
        revoked_id: ID,
        /// How many shares were taken back.
        revoked_count: i32,
    }
}

#[derive(Default)]
pub struct RevokeShare;

#[Object]
impl RevokeShare {
    /// Takes a share back; access ends at once. Needs `shares:write`, and the level MANAGE there or to have given it.
    /// Giving up one's own share needs only a signed-in user. Whoever let themselves in is not put out by the owner; the
    /// elevation ends by itself.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    async fn revoke_share(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which share.")] input: RevokeShareInput,
    ) -> Result<Option<RevokeSharePayload>> {
        let mut checks = Checks::default();
        let id: ShareId = checks.id(&["shareId"], &input.share_id);
        let (wire_id, with_passed_on) = (input.share_id.clone(), input.with_passed_on);
        let call = Call::of(cx(ctx), "revokeShare", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, checks.done().map(|()| id), move |tx, id| {
            Box::pin(async move {
                let revoked_count = Some(take_back(tx, id, with_passed_on).await?);
                Ok(RevokeSharePayload { revoked_id: Some(wire_id), revoked_count, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn take_back(tx: &Tx, id: ShareId, with_passed_on: bool) -> Result<i32, Error> {
    let viewer = tx.actor.principal()?;
    let not_found = || Error::refused(UserError::not_found(&["shareId"]));
    let row = rows::find_to_revoke(tx, viewer, id).await?.ok_or_else(not_found)?;
    if row.grantee_id != Some(viewer.user) || with_passed_on {
        tx.actor.require(Permission::SharesWrite)?;
        // Writers who were let in by this share are waited for, and later ones find it gone.
        let thing = ThingRef::of(&row.thing_kind, row.thing_id).ok_or_else(not_found)?;
        let held = thing.hold(tx).await?.ok_or_else(not_found)?;
        policy::may_take_back(viewer, held.level, &row)?;
        if row.audience == Audience::Elevation {
            return Err(Error::Forbidden("An elevation ends by itself, or by whoever it is of."));
        }
    }
    let mut going = vec![row];
    let mut revoked = 0;
    while let Some(row) = going.pop() {
        let deleted = rows::delete(tx, row.id).await;
        deleted.map_err(|cause| refused(&["shareId"], violated_constraint(&cause)).unwrap_or_else(|| cause.into()))?;
        tx.record(change("share.revoke", &row).before(kept(&row))).await?;
        revoked += 1;
        if let (true, Some(giver)) = (with_passed_on, row.grantee_id) {
            let passed_on = rows::given_by(tx, row.thing_id, giver).await?;
            going.extend(passed_on.into_iter().filter(|other| passes(&row, other)));
        }
    }
    Ok(revoked)
}

/// Whether the second may have been given by the first, and not by somebody who has the thing in another way, too.
fn passes(first: &Model, second: &Model) -> bool {
    first.can_reshare && second.level <= first.level && second.audience != Audience::Elevation
}
