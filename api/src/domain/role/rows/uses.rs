//! Who has used which permission.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::RoleId;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use uuid::Uuid;

use crate::access::Permission;
use crate::domain::role::usage::Key;
use crate::error::Result;

/// Adds to what is known. Accounts that are gone by now are left out; all processes go through the rows in the same order,
/// so none waits for another in a circle.
const ADD: &str = "
    insert into permission_uses as known (user_id, permission, first_used_at, last_used_at)
    select n.user_id, n.permission, n.at, n.at
      from unnest($1::uuid[], $2::text[], $3::timestamptz[]) n (user_id, permission, at)
     where exists (select from users u where u.id = n.user_id)
     order by n.user_id, n.permission
    on conflict on constraint permission_uses_pkey do update
       set first_used_at = least(known.first_used_at, excluded.first_used_at),
           last_used_at = greatest(known.last_used_at, excluded.last_used_at)";

pub async fn add_uses(db: &impl ConnectionTrait, uses: &HashMap<Key, DateTime<Utc>>) -> Result<()> {
    let mut columns: (Vec<Uuid>, Vec<String>, Vec<DateTime<Utc>>) = Default::default();
    for ((user, permission), at) in uses {
        columns.0.push(user.0);
        columns.1.push(permission.name().to_owned());
        columns.2.push(*at);
    }
    let values = [columns.0.into(), columns.1.into(), columns.2.into()];
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, ADD, values)).await?;
    Ok(())
}

/// How the holders of a role have used a permission.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Use {
    /// Since when that is counted.
    pub since: DateTime<Utc>,
    /// How many of those who hold the role now, since it was given to them.
    pub holders: i64,
    pub last: Option<DateTime<Utc>>,
}

/// What the holders of one role have used, of all permissions.
pub type Uses = HashMap<Permission, Use>;

/// What those who hold each role at a moment have used since it was given to them, by whatever role they have it besides.
const OF_ROLES: &str = "
    with used as (
        select held.role_id, u.permission, count(*) as holders, max(u.last_used_at) as last
          from user_roles held join permission_uses u on u.user_id = held.user_id and u.last_used_at >= held.assigned_at
         where held.role_id = any($1) and (held.expires_at is null or held.expires_at > $2)
         group by held.role_id, u.permission)
    select asked.id, p.name, p.counted_since, coalesce(used.holders, 0), used.last
      from unnest($1::uuid[]) asked (id) cross join permissions p
      left join used on used.role_id = asked.id and used.permission = p.name";

pub async fn uses_of(db: &impl ConnectionTrait, roles: &[RoleId], at: DateTime<Utc>) -> Result<HashMap<RoleId, Uses>> {
    let asked: Vec<Uuid> = roles.iter().map(|id| id.0).collect();
    let mut uses: HashMap<RoleId, Uses> = HashMap::new();
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, OF_ROLES, [asked.into(), at.into()]);
    for row in db.query_all_raw(statement).await? {
        let name: String = row.try_get_by_index(1)?;
        if let Some(permission) = Permission::parse(&name) {
            let found = Use {
                since: row.try_get_by_index(2)?,
                holders: row.try_get_by_index(3)?,
                last: row.try_get_by_index(4)?,
            };
            uses.entry(RoleId(row.try_get_by_index(0)?)).or_default().insert(permission, found);
        }
    }
    Ok(uses)
}
