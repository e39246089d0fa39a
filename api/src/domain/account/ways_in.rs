//! The ways into an account besides its password, and shutting them.

use entity::security_event::Kind;
use entity::session::EndReason;
use entity::user;
use serde_json::{Value, json};

use super::rows;
use crate::domain::{api_key, device, identity, second_factor};
use crate::error::Result;
use crate::write::Tx;

/// What was shut.
pub struct Shut {
    pub sessions: u64,
    keys: u64,
    devices: u64,
}

impl Shut {
    /// As it is written into the audit log.
    pub fn record(&self) -> Value {
        json!({ "ended": self.sessions, "keys": self.keys, "untrusted": self.devices })
    }
}

/// Ends sessions and API keys and the trust in devices of a locked account, and tells its owner of keys.
pub async fn shut(tx: &Tx, user: &user::Model, reason: EndReason) -> Result<Shut> {
    let sessions = rows::end_all(tx, user.id, reason, tx.at).await?;
    let keys = api_key::rows::revoke_all(tx, user.id, tx.at).await?;
    let devices = device::rows::untrust_all(tx, user.id, tx.at).await?;
    if keys > 0 {
        tx.alert_of_account(user.id, Kind::ApiKeyRevoked).await?;
    }
    Ok(Shut { sessions, keys, devices })
}

/// Takes away second factor and identities of an account whose address nobody had shown to be theirs until now: whoever
/// made the account may have waited for the owner of the address.
pub async fn forget_strangers(tx: &Tx, user: &user::Model) -> Result<()> {
    if user.email_verified_at.is_some() {
        return Ok(());
    }
    if second_factor::rows::remove(tx, user.id).await? {
        tx.alert_of_account(user.id, Kind::SecondFactorRemoved).await?;
    }
    if identity::rows::delete_all(tx, user.id).await? > 0 {
        tx.alert_of_account(user.id, Kind::IdentityUnlinked).await?;
    }
    Ok(())
}
