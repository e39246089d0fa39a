//! Inviting into teams and workspaces.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result};
use chrono::TimeDelta;
use entity::id::MembershipInvitationId;
use entity::mail::Template;
use entity::membership_invitation::Model;
use entity::share;
use sea_orm::ActiveEnum;
use serde_json::json;

use super::{Offer, may_bring_to_team, may_bring_to_workspace};
use crate::access::Permission;
use crate::domain::mail::rows::queue_invitation;
use crate::domain::membership::object::MembershipInvitation;
use crate::domain::membership::{policy, rows};
use crate::domain::team::object::TeamRole;
use crate::domain::thing::object::AccessLevel;
use crate::domain::user::query::UserReference;
use crate::domain::user::rows::Name;
use crate::domain::{team, user, workspace};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars::EmailAddress;
use crate::write::{self, Call, Change, Tx};

/// Exactly one way to say who is invited.
#[derive(OneofObject)]
pub enum InviteeInput {
    /// An active account, named exactly; by number only somebody whom the caller sees already.
    User(UserReference),
    /// Whoever has verified this address, now or before the invitation ends. A mail tells them that there is one, a few
    /// times in a day at most; whether the address is anybody's is told to nobody.
    Email(EmailAddress),
}

/// Who is invited into which team, and as what.
#[derive(InputObject)]
pub struct InviteToTeamInput {
    /// The team, as one of its owners or admins.
    id: ID,
    /// Who.
    invitee: InviteeInput,
    /// What they become; at most what the caller is.
    role: TeamRole,
    /// After so many days it ends by itself: 1 to 90.
    #[graphql(default = 14)]
    lifetime_days: i32,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// Who is invited into which workspace, and how far.
#[derive(InputObject)]
pub struct InviteToWorkspaceInput {
    /// The workspace, with the level MANAGE.
    id: ID,
    /// Who.
    invitee: InviteeInput,
    /// What they may do there; at most what the caller may, and not OWNER.
    level: AccessLevel,
    /// After so many days it ends by itself: 1 to 90.
    #[graphql(default = 14)]
    lifetime_days: i32,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `inviteToTeam`.
    InviteToTeamPayload {
        /// The invitation.
        invitation: MembershipInvitation,
    }
    /// The answer to `inviteToWorkspace`.
    InviteToWorkspacePayload {
        /// The invitation.
        invitation: MembershipInvitation,
    }
}

enum Invitee {
    User(Option<Name>),
    Email(String),
}

struct Draft {
    offer: Offer,
    invitee: Invitee,
    lifetime: TimeDelta,
}

fn parse(mut checks: Checks, offer: Offer, invitee: InviteeInput, days: i32) -> Result<Draft, Error> {
    let invitee = match invitee {
        InviteeInput::User(user) => Invitee::User(user.parse()),
        InviteeInput::Email(address) => Invitee::Email(checks.email(&["invitee", "email"], &address)),
    };
    if matches!(invitee, Invitee::User(None)) {
        checks.refuse(UserError::invalid(&["invitee"], "This cannot be the name of a user."));
    }
    if !(1..=90).contains(&days) {
        checks.refuse(UserError::invalid(&["lifetimeDays"], "1 to 90 days."));
    }
    checks.done()?;
    Ok(Draft { offer, invitee, lifetime: TimeDelta::days(days.into()) })
}

impl InviteToTeamInput {
    fn parse(self) -> Result<Draft, Error> {
        let mut checks = Checks::default();
        let offer = Offer::Team(checks.id(&["id"], &self.id), self.role.into());
        parse(checks, offer, self.invitee, self.lifetime_days)
    }
}

impl InviteToWorkspaceInput {
    fn parse(self) -> Result<Draft, Error> {
        let mut checks = Checks::default();
        let offer = Offer::Workspace(checks.id(&["id"], &self.id), self.level);
        if self.level == AccessLevel::Owner {
            checks.refuse(UserError::invalid(&["level"], "Owners are made of members, by `share`."));
        }
        parse(checks, offer, self.invitee, self.lifetime_days)
    }
}

#[derive(Default)]
pub struct Inviting;

#[Object]
impl Inviting {
    /// Invites somebody into a team. They become a member when they accept; the invitation is as good as what whoever made
    /// it still is then. A second open one to the same person, or the 201st into the team, is a `CONFLICT`; the 101st by
    /// one person in a day is `RATE_LIMITED`. Needs `teams:write` and the role ADMIN there.
    #[graphql(guard = "Requires(Permission::TeamsWrite)", directive = requiresPermission::apply(Permission::TeamsWrite))]
    async fn invite_to_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, into what, as what.")] input: InviteToTeamInput,
    ) -> Result<Option<InviteToTeamPayload>> {
        let call = Call::of(cx(ctx), "inviteToTeam", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let invitation = Some(invite(tx, draft).await?);
                Ok(InviteToTeamPayload { invitation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Invites somebody into a workspace. They become a member when they accept; the invitation is as good as what whoever
    /// made it still may then. To give the membership without asking, see `share`. A second open one to the same person,
    /// or the 201st into the workspace, is a `CONFLICT`; the 101st by one person in a day is `RATE_LIMITED`. Needs
    /// `teams:write` and the level MANAGE there.
    #[graphql(guard = "Requires(Permission::TeamsWrite)", directive = requiresPermission::apply(Permission::TeamsWrite))]
    async fn invite_to_workspace(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, into what, how far.")] input: InviteToWorkspaceInput,
    ) -> Result<Option<InviteToWorkspacePayload>> {
        let call = Call::of(cx(ctx), "inviteToWorkspace", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let invitation = Some(invite(tx, draft).await?);
                Ok(InviteToWorkspacePayload { invitation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn invite(tx: &Tx, draft: Draft) -> Result<MembershipInvitation, Error> {
    let viewer = tx.actor.principal()?;
    let not_found = || Error::refused(UserError::not_found(&["id"]));
    let deleted = || Error::refused(UserError::conflict(&["id"], "It is deleted: restore it first."));
    let (team_id, workspace_id, role) = match draft.offer {
        Offer::Team(id, role) => {
            let row = team::rows::find_for_update(tx, viewer, id).await?.ok_or_else(not_found)?;
            if row.deleted_at.is_some() {
                return Err(deleted());
            }
            may_bring_to_team(tx, viewer.user, id, role).await?;
            (Some(id), None, role.to_value())
        }
        Offer::Workspace(id, level) => {
            let (row, own) = workspace::rows::find_for_update(tx, viewer, id).await?.ok_or_else(not_found)?;
            may_bring_to_workspace(own, level)?;
            if row.deleted_at.is_some() {
                return Err(deleted());
            }
            (None, Some(id), share::Level::from(level).to_value())
        }
    };
    let (user_id, email) = match draft.invitee {
        Invitee::Email(address) => (None, Some(address)),
        Invitee::User(name) => {
            let found = match &name {
                Some(name) => user::rows::find_active(tx, viewer, name).await?,
                None => None,
            };
            let found = found.ok_or_else(|| Error::refused(UserError::not_found(&["invitee"])))?;
            (Some(found.id), None)
        }
    };
    rows::take_turns(tx, viewer.user).await?;
    policy::may_go_on(tx.at, rows::made_before(tx, viewer.user, policy::A_DAY).await?)?;
    let row = Model {
        id: MembershipInvitationId(tx.new_id()),
        team_id,
        workspace_id,
        user_id,
        email,
        role,
        invited_by: Some(viewer.user),
        created_at: tx.at,
        expires_at: tx.at + draft.lifetime,
        answer: None,
        answered_at: None,
        answered_by: None,
    };
    let (is_invited, open) = rows::beside(tx, &row).await?;
    if is_invited {
        let message = "They are invited into it already: withdraw that invitation first.";
        return Err(Error::refused(UserError::conflict(&["invitee"], message)));
    }
    policy::may_be_one_more(open)?;
    let row = rows::insert(tx, row).await?;
    if let Some(email) = &row.email {
        let template = row.team_id.map_or(Template::WorkspaceInvitation, |_| Template::TeamInvitation);
        queue_invitation(tx, template, email, row.id).await?;
    }
    let change = Change::new("membership.invite", "membership_invitation", row.id).after(json!({
        "team": row.team_id, "workspace": row.workspace_id, "user": row.user_id, "role": row.role,
        "expiresAt": row.expires_at }));
    tx.record(match row.user_id {
        Some(user) => change.concerning(user),
        None => change,
    })
    .await?;
    Ok(row.into())
}

/// What a row offers.
pub(super) fn offer(row: &Model) -> Option<Offer> {
    match (row.team_id, row.workspace_id) {
        (Some(id), _) => Some(Offer::Team(id, row.team_role()?)),
        (_, Some(id)) => Some(Offer::Workspace(id, row.level()?.into())),
        _ => None,
    }
}
