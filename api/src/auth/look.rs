//! Who somebody is at this moment, in one statement for each kind of credential: what every one of them shares is the state
//! of the account and what it may do.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::UserId;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};
use uuid::Uuid;

use super::activity::FRESH;
use super::{Activity, Credential, Grants, Principal, Rights, Via};
use crate::access::PermissionSet;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::limits::Seen;

/// The effective grants of a user, as [`Grants::read`] takes them; `grants_held` of the database knows them.
macro_rules! grants_of {
    ($user:literal) => {
        concat!("array(select name || coalesce(' ' || condition::text, '') from grants_held(", $user, ", $3))")
    };
}

/// Permissions, what is used of the budget, and the oldest transaction that still runs; then what the credential adds: whether
/// its use is to be noted, and until when it is good, its scopes, and the permissions of its owner.
macro_rules! principal {
    ($more:literal, $from:expr) => {
        concat!(
            "select ",
            grants_of!("u.id"),
            ", b.used, b.at, b.version, pg_snapshot_xmin(pg_current_snapshot())::text, ",
            $more,
            $from
        )
    };
}

const BY_SESSION: &str = principal!(
    "s.last_active_at < $4, s.second_factor_at, s.impersonator_id, s.allows_writing, s.expires_at, ",
    concat!(
        "case when s.impersonator_id is null then '{}' else ",
        grants_of!("s.impersonator_id"),
        " end
      from sessions s join users u on u.id = s.user_id left join users o on o.id = s.impersonator_id
      left join budgets b on b.scope = 'user:' || u.id
     where s.id = $1 and s.user_id = $2 and s.ended_at is null and s.expires_at > $3 and s.idle_expires_at > $3
       and account_is_active(u.state, u.suspended_until, $3)
       and (s.impersonator_id is null or account_is_active(o.state, o.suspended_until, $3))"
    )
);

const BY_KEY: &str = principal!(
    "coalesce(k.last_used_at < $4, true), k.expires_at, k.scopes, ",
    concat!(
        grants_of!("o.id"),
        "
      from api_keys k join users o on o.id = k.user_id join users u on u.id = $2
      left join budgets b on b.scope = 'key:' || k.id
     where k.id = $1 and k.user_id = $5 and (u.id = o.id or k.may_act_as) and k.revoked_at is null and k.expires_at > $3
       and (k.generation = $6 or k.generation = $6 + 1 and k.previous_expires_at > $3)
       and account_is_active(o.state, o.suspended_until, $3) and account_is_active(u.state, u.suspended_until, $3)"
    )
);

const BY_PASSWORD: &str = principal!(
    "false",
    "
      from users u left join budgets b on b.scope = 'user:' || u.id
     where u.id = $2 and u.password_changed_at is not distinct from $1
       and not exists (select from second_factors f where f.user_id = u.id)
       and account_is_active(u.state, u.suspended_until, $3)"
);

const BY_PLACE: &str = principal!(
    "false",
    "
      from users u left join budgets b on b.scope = 'user:' || u.id
     where u.id = $2 and $1::boolean
       and not exists (select from second_factors f where f.user_id = u.id)
       and account_is_active(u.state, u.suspended_until, $3)"
);

/// Hours after which a credential without an end of its own is looked at anew on a socket.
const AT_MOST: i64 = 24;

/// Who was found, and the grants from which that was made.
pub struct Found {
    pub credential: Credential,
    pub rights: Rights,
}

/// The user as they are now and here, by this credential; an error when it is good no more or the account shut.
pub async fn look(
    db: &impl ConnectionTrait,
    clock: &Clock,
    user: UserId,
    via: Via,
    address: Option<IpAddr>,
    activity: Option<&Activity>,
) -> Result<Found> {
    let at = clock.now();
    let fresh: Value = (at - TimeDelta::seconds(FRESH)).into();
    let (sql, values): (&str, Vec<Value>) = match via {
        Via::Session(id) | Via::Impersonation { session: id, .. } => {
            (BY_SESSION, vec![id.0.into(), user.0.into(), at.into(), fresh])
        }
        Via::Key { id, generation, owner } => {
            (BY_KEY, vec![id.0.into(), user.0.into(), at.into(), fresh, owner.0.into(), generation.into()])
        }
        Via::Password { changed_at } => (BY_PASSWORD, vec![changed_at.into(), user.0.into(), at.into()]),
        Via::Place => (BY_PLACE, vec![true.into(), user.0.into(), at.into()]),
    };
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    let row = db.query_one_raw(statement).await?.ok_or(Error::BadCredential)?;
    let mut rights = Rights { user: grants(&row, 0)?, ..Rights::default() };
    let mut via = via;
    let mut expires_at = at + TimeDelta::hours(AT_MOST);
    match via {
        Via::Session(session) | Via::Impersonation { session, .. } => {
            rights.second_factor_at = row.try_get_by_index(6)?;
            if let Some(actor) = row.try_get_by_index::<Option<Uuid>>(7)? {
                let allows_writing = row.try_get_by_index(8)?;
                rights.impersonator = Some((grants(&row, 10)?, allows_writing));
                expires_at = row.try_get_by_index(9)?;
                via = Via::Impersonation { session, actor: UserId(actor), allows_writing };
            }
        }
        Via::Key { .. } => {
            expires_at = row.try_get_by_index::<DateTime<Utc>>(6)?;
            let scopes: Vec<String> = row.try_get_by_index(7)?;
            rights.key = Some((PermissionSet::from_names(scopes.iter().map(String::as_str)), grants(&row, 8)?));
        }
        Via::Password { .. } | Via::Place => {}
    }
    let held = rights.held(at, address, via.acts_as_other(user)).ok_or(Error::BadCredential)?;
    if let Some(activity) = activity.filter(|_| row.try_get_by_index(5).unwrap_or(false)) {
        activity.note(via, at);
    }
    let horizon = row.try_get_by_index::<String>(4)?.parse().map_err(Error::internal)?;
    let budget = seen(&row)?;
    let principal = Principal {
        user,
        via,
        permissions: held.all,
        only_own: held.only_own,
        unconditional: held.unconditional,
        address,
        at,
        remembered: false,
        budget,
        horizon: Some(horizon),
    };
    Ok(Found { credential: Credential { principal, expires_at }, rights })
}

fn grants(row: &QueryResult, column: usize) -> Result<Grants> {
    let rows: Vec<String> = row.try_get_by_index(column)?;
    Ok(Grants::read(rows.iter().map(String::as_str)))
}

fn seen(row: &QueryResult) -> Result<Option<Seen>> {
    let Some(used) = row.try_get_by_index(1)? else { return Ok(None) };
    Ok(Some(Seen { used, at: row.try_get_by_index(2)?, version: row.try_get_by_index(3)? }))
}
