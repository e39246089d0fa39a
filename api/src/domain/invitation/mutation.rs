//! Inviting people, and taking that back.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::TimeDelta;
use entity::id::{InvitationId, RoleId};
use entity::invitation;
use serde_json::{Value, json};

use super::object::Invitation;
use super::{claim, rows};
use crate::access::{DefaultRole, Permission};
use crate::app::App;
use crate::domain::role;
use crate::domain::second_factor::step_up;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::{payloads, refusable};
use crate::graphql::scalars::{DateTime, EmailAddress};
use crate::write::{self, Call, Change, Snapshot, Tx};

/// An invitation to register.
#[derive(InputObject)]
pub struct CreateInvitationInput {
    /// Only an account with this address can be made with it.
    email: Option<EmailAddress>,
    /// The role that the newcomer gets; `subscriber` if not given. The caller must hold all its permissions, and still hold
    /// them and `users:write` when the invitation is used.
    role_id: Option<ID>,
    /// After so many days it no longer works: 1 to 90.
    #[graphql(default = 7)]
    lifetime_days: i32,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// An invitation to take back.
#[derive(InputObject)]
pub struct RevokeInvitationInput {
    /// The invitation.
    id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// The answer to `createInvitation`.
#[derive(Default, SimpleObject)]
pub struct CreateInvitationPayload {
    /// The code to hand over. It works once and is shown only here.
    pub invitation_code: Option<String>,
    /// When it stops to work.
    pub expires_at: Option<DateTime>,
    /// The invitation, which can be taken back by its id.
    pub invitation: Option<Invitation>,
    /// Why the input was refused; empty when the mutation did what was asked.
    pub user_errors: Vec<UserError>,
}

refusable!(CreateInvitationPayload);

/// The code is made of the invitation's id, so it is not recorded.
impl Snapshot for CreateInvitationPayload {
    fn take(&self) -> Result<Value, Error> {
        serde_json::to_value(&self.invitation).map_err(Error::internal)
    }

    async fn restore(_: &Tx, app: &App, snapshot: Value) -> Result<Self, Error> {
        let invitation: Invitation = serde_json::from_value(snapshot).map_err(Error::internal)?;
        Ok(Self::of(app, invitation))
    }
}

impl CreateInvitationPayload {
    fn of(app: &App, invitation: Invitation) -> Self {
        Self {
            invitation_code: Some(claim::code_of(app, invitation.0.id)),
            expires_at: Some(invitation.0.expires_at.into()),
            invitation: Some(invitation),
            user_errors: Vec::new(),
        }
    }
}

payloads! {
    /// The answer to `revokeInvitation`.
    RevokeInvitationPayload {
        /// The invitation as it is now.
        invitation: Invitation,
    }
}

struct NewInvitation {
    email: Option<String>,
    role: Option<RoleId>,
    lifetime: TimeDelta,
}

impl CreateInvitationInput {
    fn parse(&self) -> Result<NewInvitation, Error> {
        let mut checks = Checks::default();
        let email = self.email.as_ref().map(|address| checks.email(&["email"], address));
        let role = self.role_id.as_ref().map(|id| checks.id(&["roleId"], id));
        if !(1..=90).contains(&self.lifetime_days) {
            checks.refuse(UserError::invalid(&["lifetimeDays"], "1 to 90 days."));
        }
        checks.done()?;
        Ok(NewInvitation { email, role, lifetime: TimeDelta::days(self.lifetime_days.into()) })
    }
}

impl RevokeInvitationInput {
    fn parse(&self) -> Result<InvitationId, Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["id"], &self.id);
        checks.done()?;
        Ok(id)
    }
}

#[derive(Default)]
pub struct InvitationMutation;

#[Object]
impl InvitationMutation {
    /// Makes a code with which one person can register where registration is by invitation, or get the role that it gives
    /// where it is open. A role with permissions that the viewer does not hold is `FORBIDDEN`. Needs `users:write`, and with
    /// `roleId` a session with a recent second factor (`SECOND_FACTOR_REQUIRED`) if the viewer's account has one.
    #[graphql(guard = "Requires(Permission::UsersWrite)", directive = requiresPermission::apply(Permission::UsersWrite))]
    async fn create_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For whom, for how long.")] input: CreateInvitationInput,
    ) -> Result<Option<CreateInvitationPayload>> {
        let call = Call::of(cx(ctx), "createInvitation", &input, &input.idempotency_key);
        let app = cx(ctx).app.clone();
        let payload = write::run(cx(ctx), call, input.parse(), move |tx, draft| {
            Box::pin(async move { Ok(CreateInvitationPayload::of(&app, create(tx, &app, draft).await?)) })
        });
        Ok(payload.await?)
    }

    /// Takes an invitation back: its code no longer works. One that somebody has used is a `CONFLICT`. Needs `users:write`.
    #[graphql(guard = "Requires(Permission::UsersWrite)", directive = requiresPermission::apply(Permission::UsersWrite))]
    async fn revoke_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invitation.")] input: RevokeInvitationInput,
    ) -> Result<Option<RevokeInvitationPayload>> {
        let call = Call::of(cx(ctx), "revokeInvitation", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, id| {
            Box::pin(async move {
                let invitation = Some(revoke(tx, id).await?);
                Ok(RevokeInvitationPayload { invitation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn create(tx: &Tx, app: &App, draft: NewInvitation) -> Result<Invitation, Error> {
    let viewer = tx.actor.principal()?;
    let role = match draft.role {
        Some(id) => {
            step_up::require(tx).await?;
            role::rows::by_ids(tx, viewer, &[id]).await?.remove(&id).map(|role| (*role).clone())
        }
        None => role::rows::find_by_name(tx, DefaultRole::SUBSCRIBER).await?,
    };
    let role = role.ok_or_else(|| Error::refused(UserError::not_found(&["roleId"])))?;
    role::handing::require(tx, viewer, &[&role]).await?;
    let id = InvitationId(tx.new_id());
    let row = invitation::Model {
        id,
        code_hash: claim::hash(&claim::code_of(app, id)),
        email: draft.email,
        invited_by: Some(viewer.user),
        created_at: tx.at,
        expires_at: tx.at + draft.lifetime,
        used_at: None,
        used_by: None,
        role_id: draft.role,
        revoked_at: None,
    };
    let row = rows::insert(tx, row).await?;
    let change = Change::new("invitation.create", "invitation", row.id);
    tx.record(change.after(json!({ "expiresAt": row.expires_at, "role": row.role_id }))).await?;
    Ok(row.into())
}

async fn revoke(tx: &Tx, id: InvitationId) -> Result<Invitation, Error> {
    let row = rows::find_for_update(tx, tx.actor.principal()?, id).await?;
    let row = row.ok_or_else(|| Error::refused(UserError::not_found(&["id"])))?;
    if row.used_at.is_some() {
        return Err(Error::refused(UserError::conflict(&["id"], "Somebody has registered with it.")));
    }
    if row.revoked_at.is_some() {
        tx.unchanged();
        return Ok(row.into());
    }
    let row = rows::revoke(tx, id, tx.at).await?;
    tx.record(Change::new("invitation.revoke", "invitation", id)).await?;
    Ok(row.into())
}
