//! Inviting people.

use async_graphql::{Context, InputObject, Object, Result};
use chrono::TimeDelta;
use serde_json::json;

use crate::access::Permission;
use crate::domain::account::{register, rows};
use crate::error::UserError;
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::Requires;
use crate::graphql::payload::payloads;
use crate::graphql::scalars::{DateTime, EmailAddress};
use crate::write::{self, Change};

/// An invitation to register.
#[derive(InputObject)]
pub struct CreateInvitationInput {
    /// Only an account with this address can be made with it.
    email: Option<EmailAddress>,
    /// After so many days it no longer works: 1 to 90.
    #[graphql(default = 7)]
    lifetime_days: i32,
}

payloads! {
    /// The answer to `createInvitation`.
    CreateInvitationPayload {
        /// The code to hand over. It works once and is shown only here.
        invitation_code: String,
        /// When it stops to work.
        expires_at: DateTime,
    }
}

#[derive(Default)]
pub struct Invite;

#[Object]
impl Invite {
    /// Makes a code with which one person can register where registration is by invitation. Needs `users:write`.
    #[graphql(guard = "Requires(Permission::UsersWrite)")]
    async fn create_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For whom, for how long.")] input: CreateInvitationInput,
    ) -> Result<Option<CreateInvitationPayload>> {
        let mut checks = Checks::default();
        let email = input.email.map(|address| checks.email(&["email"], &address));
        if !(1..=90).contains(&input.lifetime_days) {
            checks.refuse(UserError::invalid(&["lifetimeDays"], "1 to 90 days."));
        }
        let lifetime = TimeDelta::days(input.lifetime_days.into());
        let payload = write::run(cx(ctx), checks.done().map(|()| email), move |tx, email| {
            Box::pin(async move {
                let viewer = tx.actor.principal()?;
                let (row, code) = register::invitation(tx.new_id(), email, viewer.user, lifetime, tx.at);
                let row = rows::insert_invitation(tx, row).await?;
                let change = Change::new("invitation.create", "invitation", row.id);
                tx.record(change.after(json!({ "expiresAt": row.expires_at }))).await?;
                Ok(CreateInvitationPayload {
                    invitation_code: Some(code),
                    expires_at: Some(row.expires_at.into()),
                    ..Default::default()
                })
            })
        });
        Ok(payload.await?)
    }
}
