//! Getting an authenticator.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, TimeDelta, Utc};
use entity::security_event::Kind;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{enrolled, own};
use crate::app::App;
use crate::auth::totp::TotpSecret;
use crate::domain::account::confirm;
use crate::domain::device::rows as device_rows;
use crate::domain::second_factor::mutation::codes;
use crate::domain::second_factor::object::SecondFactor;
use crate::domain::second_factor::{rows, step_up};
use crate::error::{Error, ErrorCode, UserError};
use crate::graphql::context::cx;
use crate::graphql::cost::{SIGN_IN, cost};
use crate::graphql::guard::{InSession, requiresSession};
use crate::graphql::payload::refusable;
use crate::graphql::scalars;
use crate::write::{self, Call, Change, Snapshot, Tx};

/// For so long what was begun can be confirmed.
const LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// That one wants an authenticator.
#[derive(InputObject)]
pub struct BeginTotpInput {
    /// The password of the account, if it has one.
    current_password: Option<String>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// That the authenticator knows the secret.
#[derive(InputObject)]
pub struct ConfirmTotpInput {
    /// The six digits that it shows.
    code: String,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// The answer to `beginTotp`.
#[derive(Default, SimpleObject)]
pub struct BeginTotpPayload {
    /// The secret in base 32, for typing it into an authenticator. It is shown only here.
    pub secret: Option<String>,
    /// The same with the name of the service and one's user name, `otpauth://totp/…`: to be shown as a QR code.
    pub uri: Option<String>,
    /// Until then it can be confirmed.
    pub expires_at: Option<scalars::DateTime>,
    /// Why the input was refused; empty when the mutation did what was asked.
    pub user_errors: Vec<UserError>,
    #[graphql(skip)]
    begun_at: Option<DateTime<Utc>>,
}

refusable!(BeginTotpPayload);

/// The answer to `confirmTotp`.
#[derive(Default, SimpleObject)]
pub struct ConfirmTotpPayload {
    /// The second factor as it is from now on.
    pub second_factor: Option<SecondFactor>,
    /// Ten codes; each stands once for an authenticator that is lost. They are shown only here.
    pub recovery_codes: Option<Vec<String>>,
    /// Why the input was refused; empty when the mutation did what was asked.
    pub user_errors: Vec<UserError>,
    #[graphql(skip)]
    set: Uuid,
}

refusable!(ConfirmTotpPayload);

/// The secret is in its row, sealed, so it is not recorded.
impl Snapshot for BeginTotpPayload {
    fn take(&self) -> Result<Value, Error> {
        serde_json::to_value(self.begun_at).map_err(Error::internal)
    }

    async fn restore(tx: &Tx, app: &App, snapshot: Value) -> Result<Self, Error> {
        step_up::require(tx).await?;
        let begun_at: Option<DateTime<Utc>> = serde_json::from_value(snapshot).map_err(Error::internal)?;
        let viewer = *tx.actor.principal()?;
        let user = own(tx).await?;
        let draft = rows::find_draft(tx, viewer.user, viewer.in_session()?, tx.at, LIFETIME).await?;
        let draft = draft.filter(|draft| Some(draft.begun_at) == begun_at).ok_or_else(|| {
            let message = "What was begun by that call is over. Begin again with another key.";
            Error::refused(UserError::conflict(&["idempotencyKey"], message))
        })?;
        let secret = TotpSecret::open(&app.seals, viewer.user, &draft.secret)?;
        Self::of(app, &secret, &user.username, draft.begun_at)
    }
}

impl BeginTotpPayload {
    fn of(app: &App, secret: &TotpSecret, username: &str, at: DateTime<Utc>) -> Result<Self, Error> {
        Ok(Self {
            secret: Some(secret.base32()),
            uri: Some(secret.uri(app.auth.service_name.trim(), username)?),
            expires_at: Some((at + LIFETIME).into()),
            user_errors: Vec::new(),
            begun_at: Some(at),
        })
    }
}

/// The codes are made of their set, so only that is recorded. Who sees them again has to show as much as the first time.
impl Snapshot for ConfirmTotpPayload {
    fn take(&self) -> Result<Value, Error> {
        Ok(json!({ "secondFactor": self.second_factor, "set": self.set }))
    }

    async fn restore(tx: &Tx, app: &App, snapshot: Value) -> Result<Self, Error> {
        step_up::require(tx).await?;
        let (second_factor, set) = codes::recorded(snapshot)?;
        Ok(Self::of(app, second_factor, set))
    }
}

impl ConfirmTotpPayload {
    fn of(app: &App, second_factor: SecondFactor, set: Uuid) -> Self {
        let recovery_codes = Some(codes::of_set(app, set));
        Self { second_factor: Some(second_factor), recovery_codes, user_errors: Vec::new(), set }
    }
}

#[derive(Default)]
pub struct Enrolment;

#[Object]
impl Enrolment {
    /// Makes a secret for an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds). It counts for nothing until
    /// `confirmTotp` is called in the same session within 15 minutes; beginning again ends what was begun. A wrong password
    /// is `WRONG_CREDENTIALS`. Needs a session and, where the account has a second factor that is to be replaced, that
    /// it was shown a short while ago (`SECOND_FACTOR_REQUIRED`).
    #[graphql(guard = "InSession", directive = requiresSession::apply(), directive = cost::apply(SIGN_IN))]
    async fn begin_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password.")] input: BeginTotpInput,
    ) -> Result<Option<BeginTotpPayload>> {
        let cx = cx(ctx);
        let call = Call::of(cx, "beginTotp", &input, &input.idempotency_key);
        let app = cx.app.clone();
        let payload = write::run(cx, call, confirm::own(cx, input.current_password).await, move |tx, confirmed| {
            Box::pin(async move {
                let user = own(tx).await?;
                confirmed.holds_for(&user)?;
                step_up::require(tx).await?;
                let session = tx.actor.principal()?.in_session()?;
                let secret = TotpSecret::random();
                rows::begin(tx, user.id, session, secret.seal(&app.seals, user.id)?, tx.at).await?;
                tx.record(Change::new("second_factor.begin", "user", user.id)).await?;
                BeginTotpPayload::of(&app, &secret, &user.username, tx.at)
            })
        });
        Ok(payload.await?)
    }

    /// Makes the authenticator that was begun the account's second factor, in the place of one that it had, and gives ten
    /// recovery codes. Devices that were trusted before are trusted no more. A wrong code is `WRONG_CREDENTIALS`; where
    /// nothing was begun in this session within 15 minutes it is `NOT_FOUND`. Needs a session and, where the account
    /// has a second factor that is to be replaced, that it was shown a short while ago (`SECOND_FACTOR_REQUIRED`).
    #[graphql(guard = "InSession", directive = requiresSession::apply(), directive = cost::apply(SIGN_IN))]
    async fn confirm_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A code.")] input: ConfirmTotpInput,
    ) -> Result<Option<ConfirmTotpPayload>> {
        let cx = cx(ctx);
        let call = Call::of(cx, "confirmTotp", &input, &input.idempotency_key);
        let app = cx.app.clone();
        let payload = write::run(cx, call, Ok(input.code), move |tx, code| {
            Box::pin(async move { confirm(tx, &app, &code).await })
        });
        Ok(payload.await?)
    }
}

async fn confirm(tx: &Tx, app: &App, code: &str) -> Result<ConfirmTotpPayload, Error> {
    let viewer = *tx.actor.principal()?;
    // Held from here on: sign-ins that go on at the same time find either no second factor or this one.
    let user = own(tx).await?;
    step_up::require(tx).await?;
    let draft = rows::find_draft(tx, user.id, viewer.in_session()?, tx.at, LIFETIME).await?;
    let draft = draft.ok_or_else(|| {
        let message = "Nothing was begun, or too long ago. Call beginTotp first.";
        Error::refused(UserError::new(ErrorCode::NotFound, &[], message))
    })?;
    let secret = TotpSecret::open(&app.seals, user.id, &draft.secret)?;
    let step = secret.step(code, tx.at)?.ok_or_else(|| {
        let message = "This code is wrong. Compare the clock of the authenticator.";
        Error::refused(UserError::new(ErrorCode::WrongCredentials, &["code"], message))
    })?;
    rows::confirm(tx, user.id, step, tx.at).await?;
    let set = codes::replace(tx, app, user.id).await?;
    let untrusted = device_rows::untrust_all(tx, user.id, tx.at).await?;
    rows::note_shown(tx, viewer.in_session()?, tx.at).await?;
    tx.alert(user.id, Kind::SecondFactorAdded, viewer.session()).await?;
    tx.record(Change::new("second_factor.add", "user", user.id).after(json!({ "untrusted": untrusted }))).await?;
    Ok(ConfirmTotpPayload::of(app, enrolled(tx, user.id).await?, set))
}
