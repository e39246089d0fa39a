//! The reading workloads.

use anyhow::Context;
use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use super::Database;
use super::json::Json;

/// The newest `$2` conversations of `$1`, their own and those shared with them.
macro_rules! newest {
    ($columns:literal, $limit:literal) => {
        concat!(
            "(select * from (
                (select ",
            $columns,
            " from conversations c where c.owner_id = $1 and c.deleted_at is null
                  order by c.last_activity_at desc, c.id desc limit ",
            $limit,
            ")
                union all
                (select ",
            $columns,
            " from shares s join conversations c on c.id = s.thing_id
                  where s.grantee_id = $1 and c.deleted_at is null
                  order by c.last_activity_at desc, c.id desc limit ",
            $limit,
            ")) as mine
              order by last_activity_at desc, id desc limit ",
            $limit,
            ")"
        )
    };
}

const POINT: usize = 0;
const NEWEST: usize = 1;
const TALKS: usize = 2;
const MESSAGES: usize = 3;
const CALLS: usize = 4;
const LONG: usize = 5;
const AFTER: usize = 6;
const VIEWER: usize = 7;
const SCREEN: usize = 8;
const END: usize = 9;

pub const STATEMENTS: &[&str] = &[
    "select c.id, c.title, c.status, c.message_count, c.created_at, c.last_activity_at, u.id, u.handle, u.display_name
       from conversations c join users u on u.id = c.owner_id where c.id = $1",
    concat!(
        "select c.id, c.title, c.last_activity_at, c.message_count, m.id, m.role, m.content, m.created_at from ",
        newest!("c.id, c.title, c.last_activity_at, c.message_count, c.last_message_id", "21"),
        " as c left join messages m on m.id = c.last_message_id order by c.last_activity_at desc, c.id desc"
    ),
    concat!("select id, title from ", newest!("c.id, c.title, c.last_activity_at", "10"), " as c"),
    concat!(
        "select c.id, m.id, m.role, m.content, m.position, m.created_at from ",
        newest!("c.id, c.last_activity_at", "10"),
        " as c cross join lateral (select * from messages m where m.conversation_id = c.id order by m.position limit 20) as m
          order by c.last_activity_at desc, c.id desc, m.position"
    ),
    concat!(
        "select t.message_id, t.id, t.position, t.tool_name, t.status from ",
        newest!("c.id, c.last_activity_at", "10"),
        " as c cross join lateral (select m.id from messages m where m.conversation_id = c.id order by m.position limit 20) as m
          join tool_calls t on t.conversation_id = c.id and t.message_id = m.id and t.position <= 5"
    ),
    "select id, role, content, position, depth, version, created_at, updated_at
       from messages where conversation_id = $1 order by position limit 1000",
    "select id, role, content, position, created_at
       from messages where conversation_id = $1 and position > $2 order by position limit 51",
    "select u.id, u.handle, u.display_name, array(
            select distinct p.name from user_roles ur join role_permissions rp on rp.role_id = ur.role_id
              join permissions p on p.id = rp.permission_id
             where ur.user_id = u.id and (ur.expires_at is null or ur.expires_at > now()))
       from users u where u.id = $1",
    concat!(
        "select c.id, c.title, c.status, c.last_activity_at, c.message_count, c.owner_id = $1,
                (select s.level from shares s where s.thing_id = c.id and s.grantee_id = $1),
                (select count(*) from shares s where s.thing_id = c.id and (c.owner_id = $1 or s.grantee_id = $1)),
                m.id, m.role, m.content, m.created_at, u.id, u.display_name from ",
        newest!("c.id, c.title, c.status, c.last_activity_at, c.message_count, c.owner_id, c.last_message_id", "21"),
        " as c left join messages m on m.id = c.last_message_id left join users u on u.id = m.author_id
          order by c.last_activity_at desc, c.id desc"
    ),
    "select id, role, content, position, created_at
       from messages where conversation_id = $1 order by position desc limit 51",
];

pub async fn point(db: &Database, id: Uuid) -> anyhow::Result<Vec<u8>> {
    let row = db.client.query_one(&db.statements[POINT], &[&id]).await?;
    let mut json = Json::with_capacity(512);
    json.raw(r#"{"data":{"conversation":{"id":"#).id("conv", row.get(0));
    json.raw(r#","title":"#).optional(row.get(1)).raw(r#","status":"#).enumerated(row.get(2));
    json.raw(r#","messageCount":"#).number(row.get(3)).raw(r#","createdAt":"#).time(row.get(4));
    json.raw(r#","lastActivityAt":"#).time(row.get(5)).raw(r#","owner":{"id":"#).id("user", row.get(6));
    json.raw(r#","handle":"#).string(row.get(7)).raw(r#","displayName":"#).string(row.get(8)).raw("}}}}");
    Ok(json.0)
}

pub async fn newest(db: &Database, viewer: Uuid) -> anyhow::Result<Vec<u8>> {
    let rows = db.client.query(&db.statements[NEWEST], &[&viewer]).await?;
    let mut json = Json::with_capacity(32 * 1024);
    json.raw(r#"{"data":{"conversations":{"nodes":"#);
    json.list(rows.iter().take(20), |json, row| {
        json.raw(r#"{"id":"#).id("conv", row.get(0)).raw(r#","title":"#).optional(row.get(1));
        json.raw(r#","lastActivityAt":"#).time(row.get(2)).raw(r#","messageCount":"#).number(row.get(3));
        last_message(json, row, 4);
        json.raw("}");
    });
    json.raw(r#","pageInfo":{"hasNextPage":"#).boolean(rows.len() > 20).raw("}}}}");
    Ok(json.0)
}

/// The last message without its closing brace, or null.
fn last_message(json: &mut Json, row: &Row, at: usize) {
    json.raw(r#","lastMessage":"#);
    match row.get::<_, Option<Uuid>>(at) {
        None => json.raw("null"),
        Some(id) => {
            json.raw(r#"{"id":"#).id("msg", id).raw(r#","role":"#).enumerated(row.get(at + 1));
            json.raw(r#","content":"#).string(row.get(at + 2)).raw(r#","createdAt":"#).time(row.get(at + 3)).raw("}")
        }
    };
}

pub async fn nested(db: &Database, viewer: Uuid) -> anyhow::Result<Vec<u8>> {
    let viewer: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&viewer];
    let (talks, messages, calls) = futures_util::try_join!(
        db.client.query(&db.statements[TALKS], &viewer),
        db.client.query(&db.statements[MESSAGES], &viewer),
        db.client.query(&db.statements[CALLS], &viewer),
    )?;
    let mut by_message: std::collections::HashMap<Uuid, Vec<&Row>> = std::collections::HashMap::new();
    for call in &calls {
        by_message.entry(call.get(0)).or_default().push(call);
    }
    for group in by_message.values_mut() {
        group.sort_by_key(|call| call.get::<_, i32>(2));
    }
    let mut json = Json::with_capacity(160 * 1024);
    let mut rest = &messages[..];
    json.raw(r#"{"data":{"conversations":{"nodes":"#);
    json.list(&talks, |json, talk| {
        let id: Uuid = talk.get(0);
        let count = rest.iter().take_while(|message| message.get::<_, Uuid>(0) == id).count();
        let (mine, others) = rest.split_at(count);
        rest = others;
        json.raw(r#"{"id":"#).id("conv", id).raw(r#","title":"#).optional(talk.get(1));
        json.raw(r#","messages":{"nodes":"#);
        json.list(mine, |json, message| {
            let id: Uuid = message.get(1);
            json.raw(r#"{"id":"#).id("msg", id).raw(r#","role":"#).enumerated(message.get(2));
            json.raw(r#","content":"#).string(message.get(3)).raw(r#","position":"#).number(message.get(4));
            json.raw(r#","createdAt":"#).time(message.get(5)).raw(r#","toolCalls":{"nodes":"#);
            json.list(by_message.get(&id).into_iter().flatten(), |json, call| {
                json.raw(r#"{"id":"#).id("call", call.get(1)).raw(r#","position":"#).number(call.get(2));
                json.raw(r#","toolName":"#).string(call.get(3)).raw(r#","status":"#).enumerated(call.get(4)).raw("}");
            });
            json.raw("}}");
        });
        json.raw("}}");
    });
    json.raw("}}}");
    Ok(json.0)
}

pub async fn long(db: &Database, id: Uuid) -> anyhow::Result<Vec<u8>> {
    let rows = db.client.query(&db.statements[LONG], &[&id]).await?;
    let mut json = Json::with_capacity(900 * 1024);
    json.raw(r#"{"data":{"conversation":{"id":"#).id("conv", id).raw(r#","messages":{"nodes":"#);
    json.list(&rows, |json, row| {
        json.raw(r#"{"id":"#).id("msg", row.get(0)).raw(r#","role":"#).enumerated(row.get(1));
        json.raw(r#","content":"#).string(row.get(2)).raw(r#","position":"#).number(row.get(3));
        json.raw(r#","depth":"#).number(row.get(4)).raw(r#","version":"#).number(row.get(5));
        json.raw(r#","createdAt":"#).time(row.get(6)).raw(r#","updatedAt":"#).time(row.get(7)).raw("}");
    });
    json.raw("}}}}");
    Ok(json.0)
}

fn edge(json: &mut Json, row: &Row) {
    let position: i32 = row.get(3);
    json.raw(r#"{"cursor":""#).number(position).raw(r#"","node":{"id":"#).id("msg", row.get(0));
    json.raw(r#","role":"#).enumerated(row.get(1)).raw(r#","content":"#).string(row.get(2));
    json.raw(r#","position":"#).number(position).raw(r#","createdAt":"#).time(row.get::<_, DateTime<Utc>>(4)).raw("}}");
}

pub async fn after(db: &Database, id: Uuid, after: i32) -> anyhow::Result<Vec<u8>> {
    let rows = db.client.query(&db.statements[AFTER], &[&id, &after]).await?;
    let page = &rows[..rows.len().min(50)];
    let last: i32 = page.last().context("an empty page")?.get(3);
    let mut json = Json::with_capacity(48 * 1024);
    json.raw(r#"{"data":{"conversation":{"id":"#).id("conv", id).raw(r#","messages":{"edges":"#);
    json.list(page, edge);
    json.raw(r#","pageInfo":{"hasNextPage":"#).boolean(rows.len() > 50);
    json.raw(r#","endCursor":""#).number(last).raw(r#""}}}}}"#);
    Ok(json.0)
}

pub async fn end(db: &Database, id: Uuid) -> anyhow::Result<Vec<u8>> {
    let rows = db.client.query(&db.statements[END], &[&id]).await?;
    let mut json = Json::with_capacity(48 * 1024);
    json.raw(r#"{"data":{"conversation":{"id":"#).id("conv", id).raw(r#","messages":{"edges":"#);
    json.list(rows.iter().take(50).rev(), edge);
    json.raw(r#","pageInfo":{"hasPreviousPage":"#).boolean(rows.len() > 50).raw("}}}}}");
    Ok(json.0)
}

pub async fn first_screen(db: &Database, viewer: Uuid) -> anyhow::Result<Vec<u8>> {
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&viewer];
    let (person, rows) = futures_util::try_join!(
        db.client.query_one(&db.statements[VIEWER], &parameters),
        db.client.query(&db.statements[SCREEN], &parameters),
    )?;
    let mut json = Json::with_capacity(48 * 1024);
    json.raw(r#"{"data":{"viewer":{"id":"#).id("user", person.get(0)).raw(r#","handle":"#).string(person.get(1));
    json.raw(r#","displayName":"#).string(person.get(2)).raw(r#","permissions":"#);
    let mut permissions: Vec<&str> = person.get(3);
    permissions.sort_unstable();
    json.list(permissions, |json, name| {
        json.enumerated(&name.replace(':', "_"));
    });
    json.raw(r#"},"conversations":{"nodes":"#);
    let page = &rows[..rows.len().min(20)];
    json.list(page, |json, row| {
        json.raw(r#"{"id":"#).id("conv", row.get(0)).raw(r#","title":"#).optional(row.get(1));
        json.raw(r#","status":"#).enumerated(row.get(2)).raw(r#","lastActivityAt":"#).time(row.get(3));
        json.raw(r#","messageCount":"#).number(row.get(4)).raw(r#","viewerAccess":"#);
        json.enumerated(if row.get(5) { "owner" } else { row.get(6) });
        json.raw(r#","shares":{"totalCount":"#)
            .number(i32::try_from(row.get::<_, i64>(7)).unwrap_or(i32::MAX))
            .raw("}");
        last_message(json, row, 8);
        if row.get::<_, Option<Uuid>>(8).is_some() {
            json.0.pop();
            json.raw(r#","author":"#);
            match row.get::<_, Option<Uuid>>(12) {
                None => json.raw("null"),
                Some(id) => json.raw(r#"{"id":"#).id("user", id).raw(r#","displayName":"#).string(row.get(13)).raw("}"),
            };
            json.raw("}");
        }
        json.raw("}");
    });
    json.raw(r#","pageInfo":{"hasNextPage":"#).boolean(rows.len() > 20).raw(r#","endCursor":"#);
    match page.last() {
        Some(row) => json.time(row.get(3)),
        None => json.raw("null"),
    };
    json.raw("}}}}");
    Ok(json.0)
}
