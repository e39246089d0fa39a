//! `clientId`: a creation that is sent again makes no second row and answers with the first.

use entity::creation;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait, TryInsertResult};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Tx;
use crate::error::{Error, Result, UserError};

/// Whether a creation is new.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Creation {
    First,
    /// The same creation was made before; this is what it made.
    Again(Uuid),
}

impl Tx {
    /// Claims `client_id` for the actor and for ever. `draft` is everything that the creation depends on: the same
    /// `client_id` with another draft or for another `action` is a `CONFLICT`. A concurrent twin waits here.
    pub async fn claim(
        &self,
        action: &'static str,
        client_id: Option<Uuid>,
        draft: &impl Serialize,
        subject: impl Into<Uuid>,
    ) -> Result<Creation> {
        let Some(client_id) = client_id else { return Ok(Creation::First) };
        let digest = Sha256::digest(serde_json::to_vec(draft).map_err(Error::internal)?).to_vec();
        Box::pin(self.claim_given_id(action, client_id, digest, subject.into())).await
    }

    async fn claim_given_id(
        &self,
        action: &'static str,
        client_id: Uuid,
        digest: Vec<u8>,
        subject: Uuid,
    ) -> Result<Creation> {
        let user_id = self.actor.principal()?.user;
        let claim = creation::ActiveModel {
            user_id: Set(user_id),
            client_id: Set(client_id),
            action: Set(action.to_owned()),
            digest: Set(digest.clone()),
            subject_id: Set(subject),
            created_at: Set(self.at),
        };
        let inserted = creation::Entity::insert(claim)
            .on_conflict(
                OnConflict::columns([creation::Column::UserId, creation::Column::ClientId]).do_nothing().to_owned(),
            )
            .try_insert()
            .exec_without_returning(self)
            .await?;
        if matches!(inserted, TryInsertResult::Inserted(1)) {
            return Ok(Creation::First);
        }
        let earlier = creation::Entity::find_by_id((user_id, client_id)).one(self).await?;
        match earlier {
            Some(row) if row.action == action && row.digest == digest => {
                self.unchanged();
                Ok(Creation::Again(row.subject_id))
            }
            _ => Err(Error::refused(UserError::conflict(&["clientId"], "This id was used for another creation."))),
        }
    }
}
