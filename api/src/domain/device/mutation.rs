//! Root mutations about devices.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::TimeDelta;
use entity::device::{ActiveModel, Model};
use entity::id::DeviceId;
use entity::security_event::Kind;
use entity::session::EndReason;
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};

use super::object::Device;
use super::{rows, token};
use crate::app::App;
use crate::domain::account::rows as account_rows;
use crate::domain::second_factor::step_up;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{InSession, requiresSession};
use crate::graphql::payload::{payloads, refusable};
use crate::write::{self, Call, Change, Snapshot, Tx};

/// A new name for a device.
#[derive(InputObject)]
pub struct RenameDeviceInput {
    /// One of one's own.
    device_id: ID,
    /// 1 to 100 characters.
    name: String,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// Whether to believe the device that one is using.
#[derive(InputObject)]
pub struct TrustDeviceInput {
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// Which device to believe no more.
#[derive(InputObject)]
pub struct UntrustDeviceInput {
    /// One of one's own.
    device_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// Which device to forget.
#[derive(InputObject)]
pub struct ForgetDeviceInput {
    /// One of one's own.
    device_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `renameDevice`.
    RenameDevicePayload {
        /// The device as it is now, also when `expectedVersion` was stale.
        device: Device,
    }
    /// The answer to `untrustDevice`.
    UntrustDevicePayload {
        /// The device as it is now.
        device: Device,
    }
    /// The answer to `forgetDevice`.
    ForgetDevicePayload {
        /// The id of what is gone.
        deleted_device_id: ID,
        /// How many sessions were ended with it.
        ended_sessions: i32,
    }
}

/// The answer to `trustDevice`.
#[derive(Default, SimpleObject)]
pub struct TrustDevicePayload {
    /// The device as it is now.
    pub device: Option<Device>,
    /// Send it as `deviceToken` when signing in with this device. Keep it as you would a password; it is shown only here.
    pub device_token: Option<String>,
    /// Why the input was refused; empty when the mutation did what was asked.
    pub user_errors: Vec<UserError>,
}

refusable!(TrustDevicePayload);

/// The token is made of the device, so only that is recorded. Who sees it again has to show as much as the first time.
impl Snapshot for TrustDevicePayload {
    fn take(&self) -> Result<Value, Error> {
        serde_json::to_value(&self.device).map_err(Error::internal)
    }

    async fn restore(tx: &Tx, app: &App, snapshot: Value) -> Result<Self, Error> {
        step_up::require(tx).await?;
        let device: Option<Device> = serde_json::from_value(snapshot).map_err(Error::internal)?;
        let device_token = device.as_ref().and_then(|device| token::write(&app.tokens, &device.0));
        Ok(Self { device, device_token, user_errors: Vec::new() })
    }
}

fn parse(device: &ID) -> Result<DeviceId, Error> {
    let mut checks = Checks::default();
    let id = checks.id(&["deviceId"], device);
    checks.done().map(|()| id)
}

async fn get(tx: &Tx, id: DeviceId) -> Result<Model, Error> {
    let found = rows::find_for_change(tx, tx.actor.principal()?, id).await?;
    found.ok_or_else(|| Error::refused(UserError::not_found(&["deviceId"])))
}

#[derive(Default)]
pub struct DeviceMutation;

#[Object]
impl DeviceMutation {
    /// Gives one of one's own devices a name. Needs a session.
    #[graphql(guard = "InSession", directive = requiresSession::apply())]
    async fn rename_device(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and the name.")] input: RenameDeviceInput,
    ) -> Result<Option<RenameDevicePayload>> {
        let call = Call::of(cx(ctx), "renameDevice", &input, &input.idempotency_key);
        let mut checks = Checks::default();
        let id = checks.id::<DeviceId>(&["deviceId"], &input.device_id);
        let name = checks.line(&["name"], &input.name, 1..=100);
        let draft = checks.done().map(|()| (id, name, input.expected_version));
        let payload = write::run(cx(ctx), call, draft, |tx, (id, name, expected)| {
            Box::pin(async move {
                let row = get(tx, id).await?;
                if expected.is_some_and(|expected| expected != row.version) {
                    let stale = UserError::conflict(&["expectedVersion"], "The device has changed meanwhile.");
                    return Ok(RenameDevicePayload { device: Some(row.into()), user_errors: vec![stale] });
                }
                if row.name == name {
                    tx.unchanged();
                    return Ok(RenameDevicePayload { device: Some(row.into()), ..Default::default() });
                }
                let change = ActiveModel { name: Set(name), ..changed(&row, tx) };
                let device = rows::update(tx, change).await?;
                tx.record(Change::new("device.rename", "device", id)).await?;
                Ok(RenameDevicePayload { device: Some(device.into()), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Trusts the device that one is using for some days (a setting): it gets a token with which later sign-ins on it are
    /// recognised for sure, and need no second factor. Trusting it again makes a new token and ends the old one. Needs a
    /// session, and a recent second factor (`SECOND_FACTOR_REQUIRED`) if the account has one.
    #[graphql(guard = "InSession", directive = requiresSession::apply())]
    async fn trust_device(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Nothing but the key.")] input: TrustDeviceInput,
    ) -> Result<Option<TrustDevicePayload>> {
        let call = Call::of(cx(ctx), "trustDevice", &input, &input.idempotency_key);
        let app = cx(ctx).app.clone();
        let payload = write::run(cx(ctx), call, Ok(()), move |tx, ()| {
            Box::pin(async move {
                step_up::require(tx).await?;
                let viewer = tx.actor.principal()?;
                let session = account_rows::find(tx, viewer.in_session()?).await?;
                let device = session.and_then(|session| session.device_id);
                let device = device.ok_or_else(|| Error::refused(UserError::not_found(&[])))?;
                let row = get(tx, device).await?;
                let until = tx.at + TimeDelta::days(app.auth.device_trust_days.into());
                let change = ActiveModel { trusted_until: Set(Some(until)), ..changed(&row, tx) };
                let device = rows::update(tx, change).await?;
                tx.alert(viewer.user, Kind::DeviceTrusted, viewer.session()).await?;
                tx.record(Change::new("device.trust", "device", device.id).after(json!({ "until": until }))).await?;
                let device_token = token::write(&app.tokens, &device);
                Ok(TrustDevicePayload { device: Some(device.into()), device_token, user_errors: Vec::new() })
            })
        });
        Ok(payload.await?)
    }

    /// Ends the trust in one of one's own devices; its token is worth nothing any more. Its sessions go on. Needs a
    /// session.
    #[graphql(guard = "InSession", directive = requiresSession::apply())]
    async fn untrust_device(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: UntrustDeviceInput,
    ) -> Result<Option<UntrustDevicePayload>> {
        let call = Call::of(cx(ctx), "untrustDevice", &input, &input.idempotency_key);
        let app = cx(ctx).app.clone();
        let payload = write::run(cx(ctx), call, parse(&input.device_id), move |tx, id| {
            Box::pin(async move {
                let row = get(tx, id).await?;
                if row.trusted_until.is_none() {
                    tx.unchanged();
                    return Ok(UntrustDevicePayload { device: Some(row.into()), ..Default::default() });
                }
                // Another device may look like it by now: this one is recognised by nothing any more.
                let fingerprint = app.tokens.keyed_hash(&[b"untrusted\0", id.0.as_bytes()]).to_vec();
                let change =
                    ActiveModel { trusted_until: Set(None), fingerprint: Set(fingerprint), ..changed(&row, tx) };
                let device = rows::update(tx, change).await?;
                tx.record(Change::new("device.untrust", "device", id)).await?;
                Ok(UntrustDevicePayload { device: Some(device.into()), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Forgets one of one's own devices and ends its sessions, also the present one if it is this device's. Needs a
    /// session.
    #[graphql(guard = "InSession", directive = requiresSession::apply())]
    async fn forget_device(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ForgetDeviceInput,
    ) -> Result<Option<ForgetDevicePayload>> {
        let call = Call::of(cx(ctx), "forgetDevice", &input, &input.idempotency_key);
        let device_id = input.device_id.clone();
        let payload = write::run(cx(ctx), call, parse(&input.device_id), move |tx, id| {
            Box::pin(async move {
                let row = get(tx, id).await?;
                let ended = account_rows::end_of_device(tx, row.id, EndReason::Revoked, tx.at).await?;
                rows::delete(tx, row.id).await?;
                tx.record(Change::new("device.forget", "device", id).after(json!({ "ended": ended }))).await?;
                Ok(ForgetDevicePayload {
                    deleted_device_id: Some(device_id),
                    ended_sessions: Some(i32::try_from(ended).unwrap_or(i32::MAX)),
                    ..Default::default()
                })
            })
        });
        Ok(payload.await?)
    }
}

fn changed(row: &Model, tx: &Tx) -> ActiveModel {
    ActiveModel { id: Set(row.id), version: Set(row.version + 1), updated_at: Set(tx.at), ..Default::default() }
}
