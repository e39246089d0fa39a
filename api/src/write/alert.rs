//! What the owner of an account is told of its safety, written with the change it speaks of.

use entity::id::{SecurityEventId, SessionId, UserId};
use entity::security_event::{self, Kind};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};

use super::Tx;
use crate::auth::device;
use crate::clock::Clock;
use crate::error::Result;

impl Tx {
    /// Notes for `user` that this happened, with the device and the address of the request.
    pub async fn alert(&self, user: UserId, kind: Kind, session: Option<SessionId>) -> Result<()> {
        let row = security_event::Model {
            id: SecurityEventId(self.new_id()),
            user_id: user,
            kind,
            at: self.at,
            session_id: session,
            device: Some(device::describe(self.client.agent()).0),
            address: self.client.address_text(),
        };
        security_event::Entity::insert(row.into_active_model()).exec_without_returning(self).await?;
        Ok(())
    }
}

/// Notes for `user` that an operator did this from the command line.
pub async fn alert_by_operator(db: &impl ConnectionTrait, clock: &Clock, user: UserId, kind: Kind) -> Result<()> {
    let row = security_event::Model {
        id: SecurityEventId(clock.new_id()),
        user_id: user,
        kind,
        at: clock.now(),
        session_id: None,
        device: Some("Command line".to_owned()),
        address: None,
    };
    security_event::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}
