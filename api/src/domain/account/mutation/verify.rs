//! Showing that an address is one's own.

use async_graphql::{Context, InputObject, Object, Result};
use entity::confirmation::Purpose;
use entity::security_event::Kind;

use super::{LONGEST, worthless};
use crate::auth::confirmation::ConfirmationToken;
use crate::domain::account::rows::{confirmations, passwords};
use crate::domain::account::verification;
use crate::domain::user::rows as user_rows;
use crate::error::{Error, UserError};
use crate::graphql::context::cx;
use crate::graphql::cost::{SIGN_IN, cost};
use crate::graphql::guard::{InSession, open, requiresSession};
use crate::graphql::payload::payloads;
use crate::graphql::scalars::{DateTime, EmailAddress};
use crate::write::{self, Call, Change};

/// A request for a mail to oneself.
#[derive(InputObject)]
pub struct RequestEmailVerificationInput {
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// What came with the mail.
#[derive(InputObject)]
pub struct VerifyEmailInput {
    /// The token that was mailed. It works once, for one day, while it is the latest one and the account's address is the
    /// one it was mailed to.
    token: String,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `requestEmailVerification`.
    RequestEmailVerificationPayload {
        /// The address that the mail goes to.
        email: EmailAddress,
    }
    /// The answer to `verifyEmail`.
    VerifyEmailPayload {
        /// Since when the address is verified.
        verified_at: DateTime,
    }
}

#[derive(Default)]
pub struct VerifyMutation;

#[Object]
impl VerifyMutation {
    /// Mails a token for `verifyEmail` to one's own address. No address is `INVALID`; one that is verified already, or was
    /// sent a mail less than five minutes ago, is `CONFLICT`, and so is an eleventh mail within a day, whatever the address.
    /// Needs a session.
    #[graphql(guard = "InSession", directive = requiresSession::apply(), directive = cost::apply(SIGN_IN))]
    async fn request_email_verification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Nothing but how to repeat it.")] input: RequestEmailVerificationInput,
    ) -> Result<Option<RequestEmailVerificationPayload>> {
        let call = Call::of(cx(ctx), "requestEmailVerification", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, Ok(()), |tx, ()| {
            Box::pin(async move {
                let viewer = *tx.actor.principal()?;
                let user = user_rows::for_session(tx, viewer.user).await?.ok_or(Error::BadCredential)?;
                let refused = |error| Err(Error::refused(error));
                let Some(email) = user.email.clone() else {
                    return refused(UserError::invalid(&[], "This account has no address."));
                };
                if user.email_verified_at.is_some() {
                    return refused(UserError::conflict(&[], "This address is verified already."));
                }
                if !verification::send(tx, &user).await? {
                    return refused(UserError::conflict(
                        &[],
                        "A mail was sent a moment ago, or ten of them today. Wait.",
                    ));
                }
                tx.record(Change::new("email.request_verification", "user", user.id)).await?;
                Ok(RequestEmailVerificationPayload { email: Some(EmailAddress(email)), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Shows with a mailed token that the account's address is read by its owner. A token that is unknown, used, expired or
    /// not the latest is `WRONG_CREDENTIALS`. Open to whoever has the token.
    #[graphql(directive = open::apply(), directive = cost::apply(SIGN_IN))]
    async fn verify_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: VerifyEmailInput,
    ) -> Result<Option<VerifyEmailPayload>> {
        let cx = cx(ctx);
        let call = Call::by(cx, "verifyEmail", &input, &input.idempotency_key, &input.token);
        let token = match input.token.len() <= LONGEST {
            true => ConfirmationToken::read(&input.token, Purpose::EmailVerification, &cx.app.tokens),
            false => None,
        };
        let payload = write::run(cx, call, token.ok_or_else(worthless), |tx, token| {
            Box::pin(async move {
                let used = confirmations::use_up(tx, token, tx.at).await?;
                let Some(id) = used else { return Err(worthless()) };
                let user = passwords::verify_email(tx, id, tx.at).await?;
                tx.record(Change::new("email.verify", "user", id)).await?;
                tx.alert(id, Kind::EmailVerified, None).await?;
                let verified_at = user.and_then(|user| user.email_verified_at).map(DateTime::from);
                Ok(VerifyEmailPayload { verified_at, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}
