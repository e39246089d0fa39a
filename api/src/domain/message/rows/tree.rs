//! Statements about the tree: the way to a message, its siblings, what is below it.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::{ConversationId, MessageId, UserId};
use entity::message;
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use uuid::Uuid;

use super::{BY_POSITION, Place, by_ids, visible};
use crate::auth::Principal;
use crate::database::keyset::{Column, Key, Order, Slice, Window};
use crate::database::shape::{Rule, among, equal};
use crate::error::Result;

/// On the way to one message a depth is unique, so it alone is an order.
pub const BY_DEPTH: Order<message::Model> = Order {
    list: "messages.path",
    name: "depth",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), message::Column::Depth)),
        key: |row| Key::Number(row.depth.into()),
        sample: || Key::Number(0),
        cast: None,
    }],
    descending: false,
};

/// The messages that answer the same one.
pub const SIBLINGS: Order<message::Model> = Order { list: "messages.siblings", ..BY_POSITION };

const PATHS: &str = "select leaf.id, message_path(leaf.id, $2, $3, $4) from unnest($1::uuid[]) leaf (id)";

/// Pages of the way from the root to each of `leaves`, the leaf included. Costs as much as the page is long, wherever it
/// is.
pub async fn paths(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    leaves: &[MessageId],
    window: &Window<message::Model>,
) -> Result<HashMap<MessageId, Slice<message::Model>>> {
    let beyond = number_of(window);
    let most = i32::try_from(window.limit).unwrap_or(i32::MAX).saturating_add(1);
    let (shallowest, deepest) = match (window.backwards, beyond) {
        (false, beyond) => {
            let first = beyond.map_or(0, |depth| depth.saturating_add(1));
            (first, first.saturating_add(most - 1))
        }
        (true, beyond) => (0, beyond.map_or(i32::MAX, |depth| depth.saturating_sub(1))),
    };
    let ids: Vec<Uuid> = leaves.iter().map(|id| id.0).collect();
    let values: [Value; 4] = [ids.into(), shallowest.into(), deepest.into(), most.into()];
    let ways = lists(db, PATHS, values.into()).await?;
    let found = by_ids(db, viewer, &ways.values().flatten().copied().collect::<Vec<_>>()).await?;
    let pages = ways.into_iter().map(|(leaf, way)| {
        let mut rows: Vec<Arc<message::Model>> = way.iter().filter_map(|id| found.get(id).cloned()).collect();
        if !window.backwards {
            rows.reverse();
        }
        (leaf, window.slice(rows))
    });
    Ok(pages.collect())
}

/// A page of the siblings of each of some messages, those included, by position. Two branches, so that each has its index.
fn pages_of_siblings(window: &Window<message::Model>) -> String {
    let (beyond, order) = if window.backwards { ("<", "desc") } else { (">", "asc") };
    let beyond = match window.cursor {
        Some(_) => format!("s.position {beyond} $3::int"),
        None => "$3::int is null".to_owned(),
    };
    format!(
        "select m.id, array(
             select s.id from (
                 select s.id, s.position from messages s where m.parent_id is not null and {beyond}
                    and s.conversation_id = m.conversation_id and s.parent_id = m.parent_id
                 union all
                 select s.id, s.position from messages s where m.parent_id is null and {beyond}
                    and s.conversation_id = m.conversation_id and s.parent_id is null) s
              order by s.position {order} limit $2)
           from unnest($1::uuid[]) wanted (id) join messages m on m.id = wanted.id"
    )
}

/// Pages of the messages that answer the same one as each of `messages` does.
pub async fn siblings(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    messages: &[MessageId],
    window: &Window<message::Model>,
) -> Result<HashMap<MessageId, Slice<message::Model>>> {
    let ids: Vec<Uuid> = messages.iter().map(|id| id.0).collect();
    let most = i64::try_from(window.limit).unwrap_or(i64::MAX).saturating_add(1);
    let values: [Value; 3] = [ids.into(), most.into(), number_of(window).into()];
    let lists = lists(db, &pages_of_siblings(window), values.into()).await?;
    let found = by_ids(db, viewer, &lists.values().flatten().copied().collect::<Vec<_>>()).await?;
    let pages = lists
        .into_iter()
        .map(|(of, list)| (of, window.slice(list.iter().filter_map(|id| found.get(id).cloned()).collect())));
    Ok(pages.collect())
}

/// The number in the cursor of a window whose order is one number.
fn number_of(window: &Window<message::Model>) -> Option<i32> {
    match window.cursor.as_ref()?.first()? {
        Key::Number(number) => i32::try_from(*number).ok(),
        _ => None,
    }
}

/// The lists of ids beside each id.
async fn lists(db: &impl ConnectionTrait, sql: &str, values: Vec<Value>) -> Result<HashMap<MessageId, Vec<MessageId>>> {
    let rows = db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    rows.iter()
        .map(|row| {
            let list: Vec<Uuid> = row.try_get_by_index(1)?;
            Ok((MessageId(row.try_get_by_index(0)?), list.into_iter().map(MessageId).collect()))
        })
        .collect()
}

/// Which of how many siblings a message is, both counted from 1.
#[derive(Clone, Copy, Debug)]
pub struct AmongSiblings {
    pub position: i32,
    pub total: i32,
}

/// How many siblings there are, or how many of them are counted; in two branches, too.
fn count_of_siblings(counted: &str) -> String {
    format!(
        "(select count({counted}) from (
             select s.position from messages s where messages.parent_id is not null
                and s.conversation_id = messages.conversation_id and s.parent_id = messages.parent_id
             union all
             select s.position from messages s where messages.parent_id is null
                and s.conversation_id = messages.conversation_id and s.parent_id is null) s)::int"
    )
}

pub async fn among_siblings(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    messages: &[Place],
) -> Result<HashMap<Place, AmongSiblings>> {
    let ids: Vec<MessageId> = messages.iter().map(|place| place.message).collect();
    let position = count_of_siblings("case when s.position <= messages.position then 1 end");
    let figures = [Expr::cust("messages.id"), Expr::cust(position), Expr::cust(count_of_siblings("*"))];
    let ask = visible(viewer).filter(among(message::Column::Id, &ids));
    let mut found = HashMap::new();
    for row in ask.figures(db, "among siblings", figures).await? {
        let here = AmongSiblings { position: row.try_get_by_index(1)?, total: row.try_get_by_index(2)? };
        found.insert(MessageId(row.try_get_by_index(0)?), here);
    }
    Ok(messages.iter().filter_map(|place| found.get(&place.message).map(|here| (*place, *here))).collect())
}

/// The message that is found below this one by following the newest answers; itself if there are none.
pub async fn newest_leaf(db: &impl ConnectionTrait, id: MessageId) -> Result<MessageId> {
    let sql = "select coalesce(message_newest_leaf($1), $1)";
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [id.into()])).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.map_or(id, MessageId))
}

/// The whole way to a message, itself included, in the order of depth.
pub async fn way_to(db: &impl ConnectionTrait, viewer: &Principal, id: MessageId) -> Result<Vec<message::Model>> {
    let text = "messages.id = any(message_path($1, 0, 2147483647, 2147483647))";
    let mut rows = visible(viewer).filter(Rule::text("on the way", text, &[id.into()])).all(db).await?;
    rows.sort_by_key(|row| row.depth);
    Ok(rows)
}

/// The whole tree, in the order of appending.
pub async fn all_of(db: &impl ConnectionTrait, viewer: &Principal, id: ConversationId) -> Result<Vec<message::Model>> {
    let ask = visible(viewer).filter(equal(message::Column::ConversationId, id));
    let mut rows = ask.all(db).await?;
    rows.sort_by_key(|row| row.position);
    Ok(rows)
}

/// What is below a message.
#[derive(Clone, Copy, Debug)]
pub struct Below {
    pub messages: i64,
    /// How many of them `by` somebody else.
    pub by_others: i64,
}

/// Everything below the message `$1` of the conversation `$2`.
const SUBTREE: &str = "with recursive below as (
        select m.id, m.author_id from messages m where m.conversation_id = $2 and m.parent_id = $1
        union all
        select m.id, m.author_id from below b join messages m on m.conversation_id = $2 and m.parent_id = b.id)";

/// Counts what is below a message that the caller has locked with its conversation.
pub async fn below(db: &impl ConnectionTrait, row: &message::Model, user: UserId) -> Result<Below> {
    let sql = format!("{SUBTREE} select count(*), count(*) filter (where author_id is distinct from $3) from below");
    let values: [Value; 3] = [row.id.into(), row.conversation_id.into(), user.into()];
    let found = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    match found {
        Some(row) => Ok(Below { messages: row.try_get_by_index(0)?, by_others: row.try_get_by_index(1)? }),
        None => Ok(Below { messages: 0, by_others: 0 }),
    }
}

/// The message, or the highest of the empty places right above it that hold nothing but it.
const TOPMOST: &str = "with recursive up as (
        select m.id, m.parent_id, m.depth from messages m where m.id = $1
        union all
        select p.id, p.parent_id, p.depth from up join messages p on p.id = up.parent_id
         where p.deleted_at is not null and not exists (
            select from messages s where s.conversation_id = $2 and s.parent_id = p.id and s.id <> up.id))
    select id from up order by depth limit 1";

/// Removes a message with everything below it, and the empty places above it that were there for it alone; tells how many
/// those were.
pub async fn delete(db: &impl ConnectionTrait, row: &message::Model) -> Result<i32> {
    let of: [Value; 2] = [row.id.into(), row.conversation_id.into()];
    let found = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, TOPMOST, of)).await?;
    let top: Uuid = found.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(row.id.0);
    let sql = format!("{SUBTREE} delete from messages where id = $1 or id in (select id from below)");
    let values: [Value; 2] = [top.into(), row.conversation_id.into()];
    let done = db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    Ok(i32::try_from(done.rows_affected()).unwrap_or(i32::MAX))
}
