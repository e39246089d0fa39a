//! Recovery codes: a set of ten, replaced as a whole.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use entity::id::UserId;
use entity::security_event::Kind;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{enrolled, none, own};
use crate::app::App;
use crate::auth::recovery;
use crate::domain::second_factor::object::SecondFactor;
use crate::domain::second_factor::{rows, step_up};
use crate::error::{Error, UserError};
use crate::graphql::context::cx;
use crate::graphql::guard::{InSession, requiresSession};
use crate::graphql::payload::refusable;
use crate::write::{self, Call, Change, Snapshot, Tx};

/// That one wants new recovery codes.
#[derive(InputObject)]
pub struct RegenerateRecoveryCodesInput {
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// The answer to `regenerateRecoveryCodes`.
#[derive(Default, SimpleObject)]
pub struct RegenerateRecoveryCodesPayload {
    /// The second factor as it is from now on.
    pub second_factor: Option<SecondFactor>,
    /// Ten codes; those before are worth nothing any more. They are shown only here.
    pub recovery_codes: Option<Vec<String>>,
    /// Why the input was refused; empty when the mutation did what was asked.
    pub user_errors: Vec<UserError>,
    #[graphql(skip)]
    set: Uuid,
}

refusable!(RegenerateRecoveryCodesPayload);

/// The codes are made of their set, so only that is recorded. Who sees them again has to show as much as the first time.
impl Snapshot for RegenerateRecoveryCodesPayload {
    fn take(&self) -> Result<Value, Error> {
        Ok(json!({ "secondFactor": self.second_factor, "set": self.set }))
    }

    async fn restore(tx: &Tx, app: &App, snapshot: Value) -> Result<Self, Error> {
        step_up::require(tx).await?;
        let (second_factor, set) = recorded(snapshot)?;
        Ok(Self::of(app, second_factor, set))
    }
}

impl RegenerateRecoveryCodesPayload {
    fn of(app: &App, second_factor: SecondFactor, set: Uuid) -> Self {
        let recovery_codes = Some(of_set(app, set));
        Self { second_factor: Some(second_factor), recovery_codes, user_errors: Vec::new(), set }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    second_factor: SecondFactor,
    set: Uuid,
}

/// What was recorded of a payload with recovery codes.
pub(super) fn recorded(snapshot: Value) -> Result<(SecondFactor, Uuid), Error> {
    let recorded: Recorded = serde_json::from_value(snapshot).map_err(Error::internal)?;
    Ok((recorded.second_factor, recorded.set))
}

/// The codes of a set as they are shown.
pub(super) fn of_set(app: &App, set: Uuid) -> Vec<String> {
    recovery::codes(&app.tokens, set)
}

/// Makes a new set, which ends the one before.
pub(super) async fn replace(tx: &Tx, app: &App, user: UserId) -> Result<Uuid, Error> {
    let set = Uuid::from_bytes(rand::random());
    let hashes = of_set(app, set).iter().map(|code| recovery::hash(&app.tokens, user, code)).collect();
    rows::replace_codes(tx, user, hashes).await?;
    Ok(set)
}

#[derive(Default)]
pub struct RecoveryCodes;

#[Object]
impl RecoveryCodes {
    /// Gives ten new recovery codes in the place of those before, used or not; the owner is told. An account without a second factor is
    /// `NOT_FOUND`. Needs a session who has shown the second factor a short while ago (`SECOND_FACTOR_REQUIRED`).
    #[graphql(guard = "InSession", directive = requiresSession::apply())]
    async fn regenerate_recovery_codes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Nothing but the key.")] input: RegenerateRecoveryCodesInput,
    ) -> Result<Option<RegenerateRecoveryCodesPayload>> {
        let cx = cx(ctx);
        let call = Call::of(cx, "regenerateRecoveryCodes", &input, &input.idempotency_key);
        let app = cx.app.clone();
        let payload = write::run(cx, call, Ok(()), move |tx, ()| {
            Box::pin(async move {
                let user = own(tx).await?.id;
                step_up::require(tx).await?;
                if rows::find(tx, user).await?.is_none() {
                    return Err(none(&[]));
                }
                let set = replace(tx, &app, user).await?;
                tx.alert(user, Kind::RecoveryCodesRegenerated, tx.actor.principal()?.session()).await?;
                tx.record(Change::new("second_factor.regenerate_codes", "user", user)).await?;
                Ok(RegenerateRecoveryCodesPayload::of(&app, enrolled(tx, user).await?, set))
            })
        });
        Ok(payload.await?)
    }
}
