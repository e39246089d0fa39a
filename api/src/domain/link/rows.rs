//! Every statement about links.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::id::{ConversationId, MessageId, ShareId};
use entity::{message, share_view};
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{ConnectionTrait, DbBackend, Statement, TryGetable, Value};
use uuid::Uuid;

use super::object::Opened;
use super::views::{KEPT_DAYS, Seen, Visit};
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Rule, among};
use crate::error::Result;

/// What a link was made with.
#[derive(Clone, Debug)]
pub struct Link {
    pub share: ShareId,
    pub frozen: Option<Frozen>,
    pub allows_fork: bool,
    pub hides_system_prompts: bool,
    pub hides_tool_data: bool,
}

/// Up to which message, as of when, under which title.
#[derive(Clone, Debug)]
pub struct Frozen {
    pub position: i32,
    pub at: DateTime<Utc>,
    pub title: Option<String>,
}

pub const SHARED_MESSAGES: Order<message::Model> = Order {
    list: "shared messages",
    name: "position",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), message::Column::Position)),
        key: |row| Key::Number(row.position.into()),
        sample: || Key::Number(0),
        cast: Some("integer"),
    }],
    descending: false,
};

const LINK: &str = "l.share_id, l.frozen_position, l.frozen_at, l.frozen_title, l.allows_fork, l.hides_system_prompts,
    l.hides_tool_data";

fn link(row: &sea_orm::QueryResult) -> Result<Link> {
    let position: Option<i32> = row.try_get_by_index(1)?;
    let at: Option<DateTime<Utc>> = row.try_get_by_index(2)?;
    let title = row.try_get_by_index(3)?;
    Ok(Link {
        share: ShareId(row.try_get_by_index(0)?),
        frozen: position.zip(at).map(|(position, at)| Frozen { position, at, title }),
        allows_fork: row.try_get_by_index(4)?,
        hides_system_prompts: row.try_get_by_index(5)?,
        hides_tool_data: row.try_get_by_index(6)?,
    })
}

/// What is behind the secret with this hash, at a moment.
pub async fn open(db: &impl ConnectionTrait, hash: &[u8], at: DateTime<Utc>) -> Result<Option<Opened>> {
    let sql = format!(
        "select {LINK}, c.id, c.title, u.display_name, s.expires_at
           from share_links l join shares s on s.id = l.share_id join conversations c on c.id = s.thing_id
           join users u on u.id = c.owner_id
          where l.token_hash = $1 and (s.expires_at is null or s.expires_at > $2) and c.deleted_at is null
            and account_is_active(u.state, u.suspended_until, $2)"
    );
    let values: [Value; 2] = [hash.to_vec().into(), at.into()];
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    row.map(|row| {
        Ok(Opened {
            link: Arc::new(link(&row)?),
            conversation: ConversationId(row.try_get_by_index(7)?),
            title: row.try_get_by_index(8)?,
            shared_by: row.try_get_by_index(9)?,
            expires_at: row.try_get_by_index(10)?,
        })
    })
    .transpose()
}

/// The links among shares that the caller has read under their rule.
pub async fn of_shares(db: &impl ConnectionTrait, shares: &[ShareId]) -> Result<HashMap<ShareId, Arc<Link>>> {
    let ids: Vec<Uuid> = shares.iter().map(|id| id.0).collect();
    let sql = format!("select {LINK} from share_links l where l.share_id = any($1)");
    let rows = db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [ids.into()])).await?;
    rows.iter().map(|row| link(row).map(|link| (link.share, Arc::new(link)))).collect()
}

pub async fn insert(db: &impl ConnectionTrait, hash: &[u8], link: &Link) -> Result<()> {
    let sql = "insert into share_links (share_id, token_hash, frozen_position, frozen_at, frozen_title, allows_fork,
                                        hides_system_prompts, hides_tool_data) values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let frozen = link.frozen.as_ref();
    let values: [Value; 8] = [
        link.share.0.into(),
        hash.to_vec().into(),
        frozen.map(|frozen| frozen.position).into(),
        frozen.map(|frozen| frozen.at).into(),
        frozen.and_then(|frozen| frozen.title.clone()).into(),
        link.allows_fork.into(),
        link.hides_system_prompts.into(),
        link.hides_tool_data.into(),
    ];
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    Ok(())
}

/// The messages that a link shows.
fn shown(opened: &Opened) -> Ask<'static, message::Entity> {
    let conversation: Value = opened.conversation.0.into();
    Ask::of(match &opened.link.frozen {
        None => Rule::text("of a link", "messages.conversation_id = $1", &[conversation]),
        Some(frozen) => Rule::text(
            "of a frozen link",
            "messages.conversation_id = $1 and messages.position <= $2",
            &[conversation, frozen.position.into()],
        ),
    })
}

pub async fn page(
    db: &impl ConnectionTrait,
    opened: &Opened,
    window: &Window<message::Model>,
) -> Result<Slice<message::Model>> {
    keyset::page(db, shown(opened), window).await
}

pub async fn count(db: &impl ConnectionTrait, opened: &Opened) -> Result<i64> {
    shown(opened).count(db).await
}

/// All of them, for a copy.
pub async fn all(db: &impl ConnectionTrait, opened: &Opened) -> Result<Vec<message::Model>> {
    let mut rows = shown(opened).all(db).await?;
    rows.sort_by_key(|row| row.position);
    Ok(rows)
}

/// What messages said at a moment, for those that have been edited since.
pub async fn earlier(
    db: &impl ConnectionTrait,
    messages: &[MessageId],
    at: DateTime<Utc>,
) -> Result<HashMap<MessageId, String>> {
    let sql = "select distinct on (v.message_id) v.message_id, v.content from message_versions v
                where v.message_id = any($1) and v.replaced_at > $2 order by v.message_id, v.version";
    let ids: Vec<Uuid> = messages.iter().map(|id| id.0).collect();
    let values: [Value; 2] = [ids.into(), at.into()];
    by_message(db, sql, values.into(), |row| String::try_get_by_index(row, 1)).await
}

async fn by_message<T>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
    read: impl Fn(&sea_orm::QueryResult) -> std::result::Result<T, sea_orm::TryGetError>,
) -> Result<HashMap<MessageId, T>> {
    let rows = db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    rows.iter()
        .map(|row| {
            let value = read(row).map_err(sea_orm::DbErr::from)?;
            Ok((MessageId(row.try_get_by_index(0)?), value))
        })
        .collect()
}

/// The tool calls of messages, in their order; those of a frozen link as they were.
pub async fn tool_calls(
    db: &impl ConnectionTrait,
    messages: &[MessageId],
    at: Option<DateTime<Utc>>,
) -> Result<HashMap<MessageId, Vec<Arc<entity::tool_call::Model>>>> {
    let ids: Vec<Uuid> = messages.iter().map(|id| id.0).collect();
    let rule = match at {
        None => Rule::text("shared", "tool_calls.message_id = any($1)", &[ids.into()]),
        Some(at) => {
            let text = "tool_calls.message_id = any($1) and tool_calls.created_at <= $2";
            Rule::text("shared at", text, &[ids.into(), at.into()])
        }
    };
    let mut found: HashMap<MessageId, Vec<Arc<entity::tool_call::Model>>> = HashMap::new();
    let mut rows = Ask::<entity::tool_call::Entity>::of(rule).all(db).await?;
    rows.sort_by_key(|row| row.position);
    for row in rows {
        found.entry(row.message_id).or_default().push(Arc::new(row));
    }
    Ok(found)
}

/// The latest visitor first.
pub const LATEST_VIEWS: Order<share_view::Model> = Order {
    list: "views",
    name: "latest",
    columns: &[
        Column {
            expr: |table| Expr::col((Alias::new(table), share_view::Column::LastAt)),
            key: |row| Key::Time(row.last_at),
            sample: || Key::Time(DateTime::<Utc>::UNIX_EPOCH),
            cast: None,
        },
        Column {
            expr: |table| Expr::col((Alias::new(table), share_view::Column::Visitor)),
            key: |row| Key::Id(row.visitor),
            sample: || Key::Id(Uuid::nil()),
            cast: None,
        },
    ],
    descending: true,
};

/// Marks the count of visits.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Visits;

/// Who looked, of links that the caller has read under the rule of shares: only those who manage the thing see them.
pub async fn pages_of_views(
    db: &impl ConnectionTrait,
    shares: &[ShareId],
    window: &Window<share_view::Model>,
) -> Result<HashMap<ShareId, Slice<share_view::Model>>> {
    let all = Ask::<share_view::Entity>::of(Rule::all());
    keyset::pages(db, all, share_view::Column::ShareId, shares, |row| row.share_id, window).await
}

pub async fn count_of_views(db: &impl ConnectionTrait, shares: &[ShareId]) -> Result<HashMap<ShareId, i64>> {
    let column = share_view::Column::ShareId;
    Ask::<share_view::Entity>::of(among(column, shares)).count_by(db, column).await
}

/// Removes what nobody needs to know any more.
pub async fn forget_old_views(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<()> {
    let sql = "delete from share_views where day < $1::timestamptz::date";
    let until: Value = (now - TimeDelta::days(KEPT_DAYS)).into();
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [until])).await?;
    Ok(())
}

const WRITE_VIEWS: &str = "
    insert into share_views (share_id, day, visitor, user_id, first_at, last_at, views)
    select seen.share_id, seen.day, seen.visitor, u.id, seen.first_at, seen.last_at, seen.views
      from unnest($1::uuid[], $2::date[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::int[])
           seen (share_id, day, visitor, user_id, first_at, last_at, views)
      join share_links l on l.share_id = seen.share_id left join users u on u.id = seen.user_id
    on conflict (share_id, day, visitor) do update
       set last_at = greatest(share_views.last_at, excluded.last_at), views = share_views.views + excluded.views";

/// Adds what was seen to what was seen before.
pub async fn write_views(db: &impl ConnectionTrait, seen: HashMap<Visit, Seen>) -> Result<()> {
    let (visits, seen): (Vec<Visit>, Vec<Seen>) = seen.into_iter().unzip();
    let values: [Value; 7] = [
        visits.iter().map(|visit| visit.0.0).collect::<Vec<Uuid>>().into(),
        visits.iter().map(|visit| visit.1).collect::<Vec<NaiveDate>>().into(),
        visits.iter().map(|visit| visit.2).collect::<Vec<Uuid>>().into(),
        // Nobody has the nil id.
        seen.iter().map(|seen| seen.user.map(|user| user.0).unwrap_or_default()).collect::<Vec<Uuid>>().into(),
        seen.iter().map(|seen| seen.first).collect::<Vec<DateTime<Utc>>>().into(),
        seen.iter().map(|seen| seen.last).collect::<Vec<DateTime<Utc>>>().into(),
        seen.iter().map(|seen| seen.views).collect::<Vec<i32>>().into(),
    ];
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, WRITE_VIEWS, values)).await?;
    Ok(())
}
