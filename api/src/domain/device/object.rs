//! The GraphQL types of devices.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result};
use entity::device;
use serde::{Deserialize, Serialize};

use crate::graphql::connection::Listed;
use crate::graphql::context::cx;
use crate::graphql::id::WireId;
use crate::graphql::row::Columns;
use crate::graphql::scalars::DateTime;

/// What kind of thing a device is, as far as its program tells.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "device::Platform")]
pub enum DevicePlatform {
    /// A browser on a computer.
    Browser,
    /// A telephone or a tablet.
    Mobile,
    /// A program on a computer.
    Desktop,
    /// A script or a server.
    Script,
    /// It does not say.
    Unknown,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Device(pub Arc<device::Model>);

impl Listed for Device {
    const NAME: &'static str = "Device";
}

impl Columns for Device {}

impl From<device::Model> for Device {
    fn from(row: device::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// What somebody signs in with: sign-ins with one kind of program gather here. Seen by its owner only.
#[Object]
impl Device {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// As its owner calls it; at first a guess such as `Firefox on Linux`.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What kind of thing it is.
    async fn platform(&self) -> DevicePlatform {
        self.0.platform.into()
    }

    /// Whether this request comes from a session of this device.
    async fn is_current(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        let cx = cx(ctx);
        let Some(session) = cx.viewer()?.session() else { return Ok(Some(false)) };
        Ok(cx.load(session).await?.map(|session| session.device_id == Some(self.0.id)))
    }

    /// Until when its token is believed; null if it is not trusted, or not any more.
    async fn trusted_until(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let at = cx(ctx).viewer()?.at;
        Ok(self.0.trusted_until.filter(|until| *until > at).map(DateTime::from))
    }

    /// Grows by one with each change by its owner.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When somebody first signed in with it.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When its owner last changed it.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// When somebody last signed in with it.
    async fn last_seen_at(&self) -> DateTime {
        self.0.last_seen_at.into()
    }
}
