//! The states of an account and the ways between them. The database refuses every other way by `users_state_legal`.
//!
//! Whatever closes an account ends its sessions in the same transaction, unless it ends by itself also its API keys and the
//! trust in its devices, and the bell that rings for the user ends what
//! is open in every process. Administrators are closed one after the other, so the last one always finds out.

use chrono::{DateTime, Utc};
use entity::security_event::Kind;
use entity::session::EndReason;
use entity::user::{ActiveModel, Model, State};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::object::User;
use super::rows;
use crate::domain::account;
use crate::domain::role;
use crate::error::{Error, Result, UserError};
use crate::write::{Change, Tx};

/// A way from one state to another.
#[derive(Clone, Debug)]
pub enum Step {
    Suspend { reason: String, until: Option<DateTime<Utc>> },
    Reactivate,
    Deactivate,
    Delete { reason: Option<String> },
    Restore,
}

impl Step {
    /// Where it leads from `state`; nothing if the account is there already.
    fn target(&self, row: &Model, at: DateTime<Utc>) -> Result<Option<State>, &'static str> {
        let state = row.state_at(at);
        let target = match (self, state) {
            (Self::Suspend { reason, until }, State::Suspended) => {
                let same = row.state_reason.as_ref() == Some(reason) && row.suspended_until == *until;
                return Ok((!same).then_some(State::Suspended));
            }
            (Self::Suspend { .. }, State::Active) => State::Suspended,
            (Self::Suspend { .. }, _) => return Err("Only an active account is suspended."),
            (Self::Reactivate, State::Deleted) => return Err("The account is deleted: restore it."),
            (Self::Reactivate, _) => State::Active,
            (Self::Deactivate, State::Active | State::Deactivated) => State::Deactivated,
            (Self::Deactivate, _) => return Err("Only an active account is deactivated."),
            (Self::Delete { .. }, _) => State::Deleted,
            (Self::Restore, State::Deleted) => State::Active,
            (Self::Restore, other) => other,
        };
        // What time has made active already is written down as that, too.
        let is_written = !matches!(self, Self::Reactivate) || row.state == target;
        Ok((target != state || !is_written).then_some(target))
    }

    /// Whether it ends by itself: then what sleeps meanwhile, API keys and trusted devices, wakes up again.
    fn is_for_a_while(&self) -> bool {
        matches!(self, Self::Suspend { until: Some(_), .. })
    }

    fn action(&self) -> &'static str {
        match self {
            Self::Suspend { .. } => "user.suspend",
            Self::Reactivate => "user.reactivate",
            Self::Deactivate => "user.deactivate",
            Self::Delete { .. } => "user.delete",
            Self::Restore => "user.restore",
        }
    }

    fn alert(&self) -> Kind {
        match self {
            Self::Suspend { .. } => Kind::AccountSuspended,
            Self::Reactivate | Self::Restore => Kind::AccountReactivated,
            Self::Deactivate => Kind::AccountDeactivated,
            Self::Delete { .. } => Kind::AccountDeleted,
        }
    }

    fn details(self) -> (Option<String>, Option<DateTime<Utc>>) {
        match self {
            Self::Suspend { reason, until } => (Some(reason), until),
            Self::Delete { reason } => (reason, None),
            Self::Reactivate | Self::Deactivate | Self::Restore => (None, None),
        }
    }
}

/// Takes the step with a locked account; `path` names the input that led to it.
pub async fn take(tx: &Tx, row: Model, step: Step, path: &[&str]) -> Result<User> {
    let target = step.target(&row, tx.at).map_err(|why| Error::refused(UserError::conflict(path, why)))?;
    let Some(target) = target else {
        tx.unchanged();
        return Ok(row.into());
    };
    let closes = target != State::Active;
    if closes {
        keep_an_admin(tx, &row, path).await?;
        if step.is_for_a_while() {
            account::rows::end_all(tx, row.id, EndReason::AccountClosed, tx.at).await?;
        } else {
            account::ways_in::shut(tx, &row, EndReason::AccountClosed).await?;
        }
    }
    let (action, alert, (reason, until)) = (step.action(), step.alert(), step.details());
    let change = ActiveModel {
        id: Set(row.id),
        state: Set(target),
        state_changed_at: Set(Some(tx.at)),
        state_reason: Set(reason),
        suspended_until: Set(until),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    };
    let changed = rows::update(tx, change).await?;
    tx.alert_of_account(row.id, alert).await?;
    let record = Change::new(action, "user", row.id)
        .before(json!({ "state": row.state, "until": row.suspended_until }))
        .after(json!({ "state": target, "until": until }));
    tx.record(record).await?;
    Ok(changed.into())
}

/// Refuses if nobody would be left who administers.
async fn keep_an_admin(tx: &Tx, row: &Model, path: &[&str]) -> Result<()> {
    let Some(admin) = role::rows::lock_admin(tx).await? else { return Ok(()) };
    let held = role::rows::find_assignment(tx, row.id, admin.id).await?;
    let lasting = held.is_some_and(|held| held.expires_at.is_none());
    if lasting && !role::rows::another_admin(tx, &admin, row.id, tx.at).await? {
        let message = "This is the last administrator: make another one first.";
        return Err(Error::refused(UserError::conflict(path, message)));
    }
    Ok(())
}
