//! Every statement about the use of what is deprecated.

use std::collections::HashMap;

use entity::deprecated_use::{self, Column as Of};
use entity::id::UserId;
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{ActiveEnum, ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};

use super::policy;
use super::recorder::{Key as Use, Uses};
use crate::auth::Principal;
use crate::clock::Clock;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, equal};
use crate::error::Result;

/// The last use first, unless turned around.
pub const BY_LAST_USE: Order<deprecated_use::Model> = Order {
    list: "deprecatedUses",
    name: "lastSeen",
    columns: &[
        Column {
            expr: |table| Expr::col((Alias::new(table), Of::LastSeenAt)),
            key: |row| Key::Time(row.last_seen_at),
            sample: || Key::Time(chrono::DateTime::UNIX_EPOCH),
            cast: None,
        },
        Column {
            expr: |table| Expr::col((Alias::new(table), Of::Id)),
            key: |row| Key::Id(row.id),
            sample: || Key::Id(uuid::Uuid::nil()),
            cast: None,
        },
    ],
    descending: true,
};

/// Which uses; what is left out does not narrow.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub coordinate: Option<String>,
    pub user: Option<UserId>,
}

fn filtered<'a>(viewer: &Principal, filter: &'a Filter) -> Ask<'a, deprecated_use::Entity> {
    Ask::of(policy::visible(viewer))
        .filter(filter.coordinate.as_deref().map(|coordinate| equal(Of::Coordinate, coordinate)))
        .filter(filter.user.map(|user| equal(Of::UserId, user)))
}

pub async fn page(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    filter: &Filter,
    window: &Window<deprecated_use::Model>,
) -> Result<Slice<deprecated_use::Model>> {
    keyset::page(db, filtered(viewer, filter), window).await
}

pub async fn count(db: &impl ConnectionTrait, viewer: &Principal, filter: &Filter) -> Result<i64> {
    filtered(viewer, filter).count(db).await
}

/// Adds to what is known. Accounts that are gone by now are left out; all processes go through the rows in the same
/// order, so none waits for another in a circle.
const ADD: &str = "
    insert into deprecated_uses
           (id, coordinate, user_id, credential, operation_name, uses, first_seen_at, last_seen_at)
    select n.id, n.coordinate, n.user_id, n.credential, n.operation_name, n.uses, n.first_seen_at, n.last_seen_at
      from jsonb_to_recordset($1) as n (id uuid, coordinate text, user_id uuid, credential text, operation_name text,
                                        uses bigint, first_seen_at timestamptz, last_seen_at timestamptz)
     where n.user_id is null or exists (select 1 from users u where u.id = n.user_id)
     order by n.coordinate, n.user_id
    on conflict on constraint deprecated_uses_key do update
       set uses = deprecated_uses.uses + excluded.uses,
           operation_name = coalesce(excluded.operation_name, deprecated_uses.operation_name),
           first_seen_at = least(deprecated_uses.first_seen_at, excluded.first_seen_at),
           last_seen_at = greatest(deprecated_uses.last_seen_at, excluded.last_seen_at)";

pub async fn add(db: &impl ConnectionTrait, clock: &Clock, uses: &HashMap<Use, Uses>) -> Result<()> {
    let row = |(key, uses): (&Use, &Uses)| {
        json!({
            "id": clock.new_id(),
            "coordinate": *key.coordinate,
            "user_id": key.user,
            "credential": key.credential.to_value(),
            "operation_name": uses.operation_name,
            "uses": uses.count,
            "first_seen_at": uses.first,
            "last_seen_at": uses.last,
        })
    };
    let rows: Value = uses.iter().map(row).collect();
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, ADD, [rows.into()])).await?;
    Ok(())
}
