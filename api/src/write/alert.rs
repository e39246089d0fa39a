//! What the owner of an account is told of its safety, written with the change it speaks of.

use chrono::{DateTime, Utc};
use entity::id::{SessionId, UserId};
use entity::security_event::Kind;
use sea_orm::{ActiveEnum, ConnectionTrait, DbBackend, Statement, Value};
use uuid::Uuid;

use super::Tx;
use crate::auth::{Actor, device};
use crate::clock::Clock;
use crate::error::Result;

/// Nothing is written for a user who is not there, but it takes as long.
const ALERT: &str = "
    insert into security_events (id, user_id, kind, at, session_id, device, address)
    select $1, u.id, $3, $4, $5, $6, $7 from users u where u.id = $2";

/// What happened, and from where.
struct Alert {
    id: Uuid,
    user: UserId,
    kind: Kind,
    at: DateTime<Utc>,
    session: Option<SessionId>,
    device: Option<String>,
    address: Option<String>,
}

impl Alert {
    async fn write(self, db: &impl ConnectionTrait) -> Result<()> {
        let values: [Value; 7] = [
            self.id.into(),
            self.user.0.into(),
            self.kind.to_value().into(),
            self.at.into(),
            self.session.map(|session| session.0).into(),
            self.device.into(),
            self.address.into(),
        ];
        db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, ALERT, values)).await?;
        Ok(())
    }
}

impl Tx {
    /// Notes for `user` that this happened, with the device and the address of the request.
    pub async fn alert(&self, user: UserId, kind: Kind, session: Option<SessionId>) -> Result<()> {
        let (device, address) = (Some(device::describe(self.client.agent()).0), self.client.address_text());
        Alert { id: self.new_id(), user, kind, at: self.at, session, device, address }.write(self).await
    }

    /// The same where an administrator may have done it, whose device and address are nobody else's business.
    pub async fn alert_of_account(&self, user: UserId, kind: Kind) -> Result<()> {
        match self.actor {
            Actor::User(principal) if principal.user != user || principal.actor() != user => {
                let (id, at) = (self.new_id(), self.at);
                Alert { id, user, kind, at, session: None, device: None, address: None }.write(self).await
            }
            _ => self.alert(user, kind, None).await,
        }
    }
}

/// Notes for `user` that an operator did this from the command line.
pub async fn alert_by_operator(db: &impl ConnectionTrait, clock: &Clock, user: UserId, kind: Kind) -> Result<()> {
    let (device, at) = (Some("Command line".to_owned()), clock.now());
    Alert { id: clock.new_id(), user, kind, at, session: None, device, address: None }.write(db).await
}
