//! Every statement about things as such.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::{RoleId, ShareId, ThingId, UserId, WorkspaceId};
use entity::share::Level;
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use uuid::Uuid;

use super::reach::asked_by;
use crate::access::{Pattern, Permission};
use crate::auth::Principal;
use crate::error::Result;

/// How far somebody reaches by what they were given.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Standing {
    pub level: Level,
    /// At most this may be given on to others, by a share that says so.
    pub passes_on: Option<Level>,
}

/// As what the person `$1` may be given things at `$2`, and as one of everybody; then a select from that.
macro_rules! from_standing {
    ($select:literal) => {
        concat!(
            "with standing as materialized (
                select s.subject_id, s.cap from standings_of($1, $2) s
                union all select '00000000-0000-0000-0000-000000000000', 1)
             ",
            $select
        )
    };
}

/// For each thing the highest level: of shares, no further than as what one holds them, and of the workspace, no further
/// than to manage.
const STANDINGS: &str = from_standing!(
    "select t.id, max(reach.level)::smallint, max(reach.passes_on)::smallint
      from things t
     cross join lateral (
        select least(given.rank, s.cap) as level, case when given.can_reshare then least(given.rank, s.cap) end as passes_on
          from standing s join shares given on given.thing_id = t.id and given.subject_id = s.subject_id
         where given.expires_at is null or given.expires_at > $2
        union all
        select least(s.cap, 4), null from standing s where s.subject_id = t.workspace_id) reach
     where t.id = any($3)
     group by t.id"
);

/// What the viewer was given of each thing, be it in the trash or not; a thing of which nothing was given is not in the
/// answer. One's own things are not asked for here.
pub async fn standings(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    things: impl IntoIterator<Item = impl Into<Uuid>>,
) -> Result<HashMap<ThingId, Standing>> {
    let [user, at] = asked_by(viewer);
    let ids: Vec<Uuid> = things.into_iter().map(Into::into).collect();
    let values: [Value; 3] = [user, at, ids.into()];
    let mut found = HashMap::new();
    for row in db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, STANDINGS, values)).await? {
        let level = row.try_get_by_index::<i16>(1)?;
        let passes_on = row.try_get_by_index::<Option<i16>>(2)?.and_then(Level::of_rank);
        if let Some(level) = Level::of_rank(level) {
            found.insert(ThingId(row.try_get_by_index(0)?), Standing { level, passes_on });
        }
    }
    Ok(found)
}

/// One way in which somebody reaches a thing.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// How far, as the database counts levels.
    pub rank: i16,
    /// The share by which; none for the owner.
    pub share: Option<ShareId>,
    /// The workspace that holds the thing, where the share is of that.
    pub workspace: Option<WorkspaceId>,
}

/// The owner; the shares of the thing that count for the person; and those of the workspace that holds it.
const REACHES: &str = from_standing!(
    "select 5::smallint, null::uuid, null::uuid from things t where t.id = $3 and t.owner_id = $1
    union all
    select least(given.rank, s.cap)::smallint, given.id, null
      from standing s join shares given on given.thing_id = $3 and given.subject_id = s.subject_id
     where given.expires_at is null or given.expires_at > $2
    union all
    select least(given.rank, s.cap, 4)::smallint, given.id, t.workspace_id
      from things t join shares given on given.thing_id = t.workspace_id
      join standing s on s.subject_id = given.subject_id
      join things w on w.id = t.workspace_id and w.deleted_at is null
     where t.id = $3 and (given.expires_at is null or given.expires_at > $2)
     order by 1 desc, 2"
);

/// By what the person reaches the thing, the farthest first.
pub async fn reaches(db: &impl ConnectionTrait, person: &Principal, thing: ThingId) -> Result<Vec<Reach>> {
    let [user, at] = asked_by(person);
    let values: [Value; 3] = [user, at, thing.0.into()];
    let rows = db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, REACHES, values)).await?;
    rows.iter()
        .map(|row| {
            Ok(Reach {
                rank: row.try_get_by_index(0)?,
                share: row.try_get_by_index::<Option<Uuid>>(1)?.map(ShareId),
                workspace: row.try_get_by_index::<Option<Uuid>>(2)?.map(WorkspaceId),
            })
        })
        .collect()
}

/// Most people who are named as those who could give something.
const MANAGERS: i64 = 20;

/// The owner of a thing and of its workspace, and those who were given to manage either by name.
pub async fn managers(db: &impl ConnectionTrait, thing: ThingId, at: DateTime<Utc>) -> Result<Vec<UserId>> {
    let sql = "
        select t.owner_id from things t where t.id = $1 and t.owner_id is not null
        union
        select given.grantee_id from things t join shares given on given.thing_id in (t.id, t.workspace_id)
         where t.id = $1 and given.grantee_id is not null and given.rank >= 4
           and (given.expires_at is null or given.expires_at > $2)
         limit $3";
    let values: [Value; 3] = [thing.0.into(), at.into(), MANAGERS.into()];
    let rows = db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    rows.iter().map(|row| Ok(UserId(row.try_get_by_index(0)?))).collect()
}

/// The roles by which somebody holds a permission, be it by a wildcard or under a condition.
pub async fn roles_with(
    db: &impl ConnectionTrait,
    user: UserId,
    permission: Permission,
    at: DateTime<Utc>,
) -> Result<Vec<RoleId>> {
    let sql = "
        select distinct held.role_id from user_roles held join effective_grants e on e.role_id = held.role_id
         where held.user_id = $1 and e.name = any($2) and (held.expires_at is null or held.expires_at > $3)
         order by 1";
    let givers: Vec<String> = Pattern::One(permission).givers().map(Pattern::name).collect();
    let values: [Value; 3] = [user.0.into(), givers.into(), at.into()];
    let rows = db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    rows.iter().map(|row| Ok(RoleId(row.try_get_by_index(0)?))).collect()
}
