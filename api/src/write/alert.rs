//! What the owner of an account is told of its safety, written with the change it speaks of.

use entity::id::{SessionId, UserId};
use entity::security_event::Kind;
use sea_orm::{ActiveEnum, ConnectionTrait, DbBackend, Statement, Value};

use super::Tx;
use crate::auth::device;
use crate::error::Result;

/// Nothing is written for a user who is not there, but it takes as long.
const ALERT: &str = "
    insert into security_events (id, user_id, kind, at, session_id, device, address)
    select $1, u.id, $3, $4, $5, $6, $7 from users u where u.id = $2";

impl Tx {
    /// Notes for `user` that this happened, with the device and the address of the request.
    pub async fn alert(&self, user: UserId, kind: Kind, session: Option<SessionId>) -> Result<()> {
        let values: [Value; 7] = [
            self.new_id().into(),
            user.0.into(),
            kind.to_value().into(),
            self.at.into(),
            session.map(|session| session.0).into(),
            device::describe(self.client.agent()).0.into(),
            self.client.address_text().into(),
        ];
        self.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, ALERT, values)).await?;
        Ok(())
    }
}
