//! Inviting people.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use chrono::TimeDelta;
use entity::id::InvitationId;
use serde_json::{Value, json};

use crate::access::Permission;
use crate::app::App;
use crate::domain::account::{register, rows};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::Requires;
use crate::graphql::payload::refusable;
use crate::graphql::scalars::{DateTime, EmailAddress};
use crate::write::{self, Call, Change, Snapshot, Tx};

/// An invitation to register.
#[derive(InputObject)]
pub struct CreateInvitationInput {
    /// Only an account with this address can be made with it.
    email: Option<EmailAddress>,
    /// After so many days it no longer works: 1 to 90.
    #[graphql(default = 7)]
    lifetime_days: i32,
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
    /// Why the input was refused; empty when the mutation did what was asked.
    pub user_errors: Vec<UserError>,
    #[graphql(skip)]
    id: Option<InvitationId>,
}

refusable!(CreateInvitationPayload);

/// The code is made of the invitation's id, so only that is recorded.
impl Snapshot for CreateInvitationPayload {
    fn take(&self) -> Result<Value, Error> {
        Ok(json!({ "id": self.id, "expiresAt": self.expires_at }))
    }

    async fn restore(_: &Tx, app: &App, mut snapshot: Value) -> Result<Self, Error> {
        let id: InvitationId = serde_json::from_value(snapshot["id"].take()).map_err(Error::internal)?;
        let expires_at = serde_json::from_value(snapshot["expiresAt"].take()).map_err(Error::internal)?;
        let invitation_code = Some(register::invitation_code(app, id));
        Ok(Self { invitation_code, expires_at, user_errors: Vec::new(), id: Some(id) })
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
        let email = input.email.as_ref().map(|address| checks.email(&["email"], address));
        if !(1..=90).contains(&input.lifetime_days) {
            checks.refuse(UserError::invalid(&["lifetimeDays"], "1 to 90 days."));
        }
        let lifetime = TimeDelta::days(input.lifetime_days.into());
        let call = Call::of(cx(ctx), "createInvitation", &input, &input.idempotency_key);
        let app = cx(ctx).app.clone();
        let payload = write::run(cx(ctx), call, checks.done().map(|()| email), move |tx, email| {
            Box::pin(async move {
                let viewer = tx.actor.principal()?;
                let (row, code) = register::invitation(&app, tx.new_id(), email, viewer.user, lifetime, tx.at);
                let row = rows::insert_invitation(tx, row).await?;
                let change = Change::new("invitation.create", "invitation", row.id);
                tx.record(change.after(json!({ "expiresAt": row.expires_at }))).await?;
                Ok(CreateInvitationPayload {
                    invitation_code: Some(code),
                    expires_at: Some(row.expires_at.into()),
                    id: Some(row.id),
                    ..Default::default()
                })
            })
        });
        Ok(payload.await?)
    }
}
