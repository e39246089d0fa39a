//! Accepting and declining invitations into teams and workspaces, and taking them back.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::{MembershipInvitationId, ShareId};
use entity::membership_invitation::{ActiveModel, Answer, Model};
use entity::share;
use entity::team_member;
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::invite::offer;
use super::{Offer, may_bring_to_team, may_bring_to_workspace};
use crate::auth::Principal;
use crate::domain::membership::object::MembershipInvitation;
use crate::domain::membership::{policy, rows};
use crate::domain::share as shares;
use crate::domain::team;
use crate::domain::thing::rows::standings;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{SignedIn, authenticated};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// An invitation to accept.
#[derive(InputObject)]
pub struct AcceptMembershipInput {
    /// The invitation, to oneself.
    invitation_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// An invitation to decline.
#[derive(InputObject)]
pub struct DeclineMembershipInput {
    /// The invitation, to oneself.
    invitation_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// An invitation to take back.
#[derive(InputObject)]
pub struct WithdrawMembershipInput {
    /// The invitation, by whoever made it or may bring members there.
    invitation_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `acceptMembership`.
    AcceptMembershipPayload {
        /// The invitation as it is now.
        invitation: MembershipInvitation,
    }
    /// The answer to `declineMembership`.
    DeclineMembershipPayload {
        /// The invitation as it is now.
        invitation: MembershipInvitation,
    }
    /// The answer to `withdrawMembership`.
    WithdrawMembershipPayload {
        /// The invitation as it is now.
        invitation: MembershipInvitation,
    }
}

fn parse(id: &ID) -> Result<MembershipInvitationId, Error> {
    let mut checks = Checks::default();
    let id = checks.id(&["invitationId"], id);
    checks.done()?;
    Ok(id)
}

#[derive(Default)]
pub struct Answering;

#[Object]
impl Answering {
    /// Becomes a member of the team or workspace. Who is one already becomes what the invitation says if that is more. An
    /// invitation that was answered, has ended, or was made by somebody who no longer may is a `CONFLICT`. Needs a signed-in
    /// user.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    async fn accept_membership(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invitation.")] input: AcceptMembershipInput,
    ) -> Result<Option<AcceptMembershipPayload>> {
        let call = Call::of(cx(ctx), "acceptMembership", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.invitation_id), |tx, id| {
            Box::pin(async move {
                let invitation = Some(answer(tx, id, Answer::Accepted, "membership.accept").await?);
                Ok(AcceptMembershipPayload { invitation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Says no to an invitation into a team or workspace. Needs a signed-in user.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    async fn decline_membership(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invitation.")] input: DeclineMembershipInput,
    ) -> Result<Option<DeclineMembershipPayload>> {
        let call = Call::of(cx(ctx), "declineMembership", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.invitation_id), |tx, id| {
            Box::pin(async move {
                let invitation = Some(answer(tx, id, Answer::Declined, "membership.decline").await?);
                Ok(DeclineMembershipPayload { invitation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Takes an invitation into a team or workspace back. By whoever made it, and by those who may bring members there.
    /// Needs a signed-in user.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    async fn withdraw_membership(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invitation.")] input: WithdrawMembershipInput,
    ) -> Result<Option<WithdrawMembershipPayload>> {
        let call = Call::of(cx(ctx), "withdrawMembership", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.invitation_id), |tx, id| {
            Box::pin(async move {
                let invitation = Some(answer(tx, id, Answer::Withdrawn, "membership.withdraw").await?);
                Ok(WithdrawMembershipPayload { invitation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn answer(
    tx: &Tx,
    id: MembershipInvitationId,
    answer: Answer,
    action: &'static str,
) -> Result<MembershipInvitation, Error> {
    let viewer = tx.actor.principal()?;
    let not_found = || Error::refused(UserError::not_found(&["invitationId"]));
    let row = rows::find_for_update(tx, viewer, id).await?.ok_or_else(not_found)?;
    let is_own = rows::is_to(tx, viewer, id).await?;
    match answer {
        // Whoever sees one that is to somebody else made it or may bring members.
        Answer::Withdrawn if is_own && row.invited_by != Some(viewer.user) => {
            return Err(Error::Forbidden("What is to oneself is declined, not withdrawn."));
        }
        Answer::Accepted | Answer::Declined if !is_own => {
            return Err(Error::Forbidden("Only whoever an invitation is to answers it."));
        }
        _ => {}
    }
    if row.answer == Some(answer) {
        tx.unchanged();
        return Ok(row.into());
    }
    if !policy::is_open(viewer, &row) {
        return Err(Error::refused(UserError::conflict(&["invitationId"], "It was answered or has ended.")));
    }
    if answer == Answer::Accepted {
        join(tx, viewer, &row).await?;
    }
    let change = ActiveModel {
        id: Set(id),
        answer: Set(Some(answer)),
        answered_at: Set(Some(tx.at)),
        answered_by: Set(Some(viewer.user)),
        ..Default::default()
    };
    let changed = rows::update(tx, change).await?;
    let change = Change::new(action, "membership_invitation", id)
        .after(json!({ "team": row.team_id, "workspace": row.workspace_id, "role": row.role }));
    tx.record(match row.invited_by.filter(|by| *by != viewer.user).or(row.user_id) {
        Some(other) => change.concerning(other),
        None => change,
    })
    .await?;
    Ok(changed.into())
}

/// Makes the viewer a member, as far as whoever invited them could do that now.
async fn join(tx: &Tx, viewer: &Principal, row: &Model) -> Result<(), Error> {
    let void = || {
        let message = "It no longer stands: whoever made it may not bring members there any more, or it is deleted.";
        Error::refused(UserError::conflict(&["invitationId"], message))
    };
    let inviter = row.invited_by.ok_or_else(void)?;
    match offer(row).ok_or_else(void)? {
        Offer::Team(team, role) => {
            team::rows::hold(tx, team).await?;
            may_bring_to_team(tx, inviter, team, role).await.map_err(|_| void())?;
            match team::rows::member(tx, team, viewer.user).await? {
                Some(member) if member.role >= role => {}
                Some(_) => {
                    let more = team_member::ActiveModel {
                        team_id: Set(team),
                        user_id: Set(viewer.user),
                        role: Set(role),
                        ..Default::default()
                    };
                    team::rows::update_member(tx, more).await?;
                }
                None => {
                    let member = team_member::Model {
                        team_id: team,
                        user_id: viewer.user,
                        role,
                        added_by: Some(inviter),
                        joined_at: tx.at,
                    };
                    team::rows::insert_member(tx, member).await?;
                }
            }
        }
        Offer::Workspace(workspace, level) => {
            let as_inviter = Principal { user: inviter, ..*viewer };
            let theirs = standings(tx, &as_inviter, [workspace]).await?.remove(&workspace.into());
            let theirs = theirs.ok_or_else(void)?.level.into();
            if crate::domain::workspace::rows::hold(tx, workspace).await?.is_none_or(|row| row.deleted_at.is_some()) {
                return Err(void());
            }
            may_bring_to_workspace(theirs, level).map_err(|_| void())?;
            let level = share::Level::from(level);
            let before = shares::rows::find_between(tx, workspace.into(), viewer.user.0).await?;
            let lasts = |row: &share::Model| row.expires_at.is_none_or(|end| end > tx.at);
            match before {
                Some(before) if before.level >= level && before.expires_at.is_none() => {}
                // One share holds one level, and what was given for a time is not given for good by this.
                Some(before) if before.level > level && lasts(&before) => {
                    let message = "You may do more there for a time: accept it when that has ended.";
                    return Err(Error::refused(UserError::conflict(&["invitationId"], message)));
                }
                Some(before) => {
                    let more = share::ActiveModel {
                        id: Set(before.id),
                        level: Set(level),
                        can_reshare: Set(before.can_reshare && lasts(&before)),
                        granted_by: Set(Some(inviter)),
                        expires_at: Set(None),
                        version: Set(before.version + 1),
                        updated_at: Set(tx.at),
                        ..Default::default()
                    };
                    shares::rows::update(tx, more).await?;
                }
                None => {
                    let member = share::Model {
                        grantee_id: Some(viewer.user),
                        level,
                        ..share::Model::new(ShareId(tx.new_id()), workspace, "workspace", inviter, tx.at)
                    };
                    shares::rows::insert(tx, member).await?;
                }
            }
        }
    }
    Ok(())
}
