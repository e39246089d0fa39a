//! From the `Authorization` header to the actor, in one statement; and the same again while a connection stays open.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{SessionId, UserId};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

use super::activity::FRESH;
use super::token::Tokens;
use super::{Activity, Actor, Known, Principal};
use crate::access::PermissionSet;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::limits::Seen;

/// One row if the session is alive and the account active: the names of the effective permissions, what is used of the
/// budget, the oldest transaction that still runs, and whether the session was last used before the fourth value.
const PRINCIPAL: &str = "
    select array(
        select p.name from user_roles ur
          join role_permissions rp on rp.role_id = ur.role_id
          join permissions p on p.id = rp.permission_id
         where ur.user_id = u.id and (ur.expires_at is null or ur.expires_at > $3)) as permissions,
           b.used, b.at, b.version, pg_snapshot_xmin(pg_current_snapshot())::text,
           s.last_active_at < $4
      from sessions s join users u on u.id = s.user_id
      left join budgets b on b.scope = 'user:' || u.id
      where s.id = $1 and s.user_id = $2 and s.ended_at is null
       and s.expires_at > $3 and s.idle_expires_at > $3 and account_is_active(u.state, u.suspended_until, $3)";

/// A credential that was found good, and how long it is.
#[derive(Clone, Copy, Debug)]
pub struct Credential {
    pub principal: Principal,
    pub expires_at: DateTime<Utc>,
}

/// What tells who is behind a credential.
pub struct Door<'a> {
    pub tokens: &'a Tokens,
    pub known: &'a Known,
    pub activity: &'a Activity,
    pub clock: &'a Clock,
}

/// The actor behind an `Authorization` header. No header is anonymous; a bad one is an error, never anonymous.
pub async fn resolve(db: &impl ConnectionTrait, door: Door<'_>, authorization: Option<&str>) -> Result<Actor> {
    let Some(header) = authorization else { return Ok(Actor::Anonymous) };
    Ok(Actor::User(authenticate(db, door, header).await?.principal))
}

/// Who is behind `Bearer …`, and until when. Without a statement for whoever came a moment ago.
pub async fn authenticate(db: &impl ConnectionTrait, door: Door<'_>, authorization: &str) -> Result<Credential> {
    let (scheme, token) = authorization.split_once(' ').ok_or(Error::BadCredential)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::BadCredential);
    }
    let (bearer, expires_at) = door.tokens.verify_until(token.trim())?;
    let principal = match door.known.get(bearer.user, bearer.session, door.clock.now()) {
        Some(principal) => principal,
        None => {
            let principal = find(db, door.clock, bearer.user, bearer.session, Some(door.activity)).await?;
            door.known.put(principal);
            principal
        }
    };
    Ok(Credential { principal, expires_at })
}

/// The same person in the same session as they are now; an error when the session is over or the account shut.
pub async fn again(db: &impl ConnectionTrait, clock: &Clock, earlier: &Principal) -> Result<Principal> {
    find(db, clock, earlier.user, earlier.session, None).await
}

/// The same for somebody who has just asked for something, which keeps the session from ending.
pub async fn again_at_work(db: &impl ConnectionTrait, door: Door<'_>, earlier: &Principal) -> Result<Principal> {
    find(db, door.clock, earlier.user, earlier.session, Some(door.activity)).await
}

async fn find(
    db: &impl ConnectionTrait,
    clock: &Clock,
    user: UserId,
    session: SessionId,
    activity: Option<&Activity>,
) -> Result<Principal> {
    let at = clock.now();
    let values = [session.0.into(), user.0.into(), at.into(), (at - TimeDelta::seconds(FRESH)).into()];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, PRINCIPAL, values);
    let row = db.query_one_raw(statement).await?.ok_or(Error::BadCredential)?;
    let names: Vec<String> = row.try_get_by_index(0)?;
    let permissions = PermissionSet::from_names(names.iter().map(String::as_str));
    if let Some(activity) = activity.filter(|_| row.try_get_by_index(5).unwrap_or(false)) {
        activity.note(session, at);
    }
    let horizon = row.try_get_by_index::<String>(4)?.parse().map_err(Error::internal)?;
    Ok(Principal { user, session, permissions, at, remembered: false, budget: seen(&row)?, horizon: Some(horizon) })
}

fn seen(row: &QueryResult) -> Result<Option<Seen>> {
    let Some(used) = row.try_get_by_index(1)? else { return Ok(None) };
    Ok(Some(Seen { used, at: row.try_get_by_index(2)?, version: row.try_get_by_index(3)? }))
}
