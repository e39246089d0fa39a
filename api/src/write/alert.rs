//! What the owner of an account is told of its safety, written with the change it speaks of.

use entity::id::{SecurityEventId, SessionId, UserId};
use entity::security_event::{self, Kind};
use sea_orm::{EntityTrait, IntoActiveModel};

use super::Tx;
use crate::auth::{Actor, device};
use crate::error::Result;

impl Tx {
    /// Notes for `user` that this happened, with the device and the address of the request.
    pub async fn alert(&self, user: UserId, kind: Kind, session: Option<SessionId>) -> Result<()> {
        let device = Some(device::describe(self.client.agent()).0);
        self.note(user, kind, session, device, self.client.address_text()).await
    }

    /// The same where an administrator may have done it, whose device and address are nobody else's business.
    pub async fn alert_of_account(&self, user: UserId, kind: Kind) -> Result<()> {
        match self.actor {
            Actor::User(principal) if principal.user != user => self.note(user, kind, None, None, None).await,
            _ => self.alert(user, kind, None).await,
        }
    }

    async fn note(
        &self,
        user: UserId,
        kind: Kind,
        session: Option<SessionId>,
        device: Option<String>,
        address: Option<String>,
    ) -> Result<()> {
        let row = security_event::Model {
            id: SecurityEventId(self.new_id()),
            user_id: user,
            kind,
            at: self.at,
            session_id: session,
            device,
            address,
        };
        security_event::Entity::insert(row.into_active_model()).exec_without_returning(self).await?;
        Ok(())
    }
}
