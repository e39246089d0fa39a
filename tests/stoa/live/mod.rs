//! Live updates: nothing is missed and nothing comes twice, whoever may not hear does not, and sockets, event streams
//! and connections behave when the other side does not.

mod access;
mod connections;
mod loading;
mod patience;
mod resume;
mod sockets;
mod streams;
mod unread;

use harness::{Person, Socket, World};
use serde_json::{Value, json};
use stoa::events::Cursor;
use stoa::graphql::id::WireId;

pub const EVENTS: &str =
    "subscription($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after) {
    cursor kind at actor { username } message { id content author { username } } conversation { id messageCount } } }";

/// The subscription with as little as there can be in it.
pub const BARE: &str = "subscription($id: ID!, $after: String) {
    conversationEvents(conversationId: $id, after: $after) { cursor kind message { id } } }";

pub async fn conversation(person: &Person<'_>) -> String {
    let create =
        "mutation { createConversation(input: { title: \"Live\" }) { conversation { id } userErrors { code } } }";
    let answer = person.run(create, json!({})).await;
    answer.field("createConversation")["conversation"]["id"].as_str().unwrap().to_owned()
}

pub async fn append(person: &Person<'_>, talk: &str, content: &str) -> String {
    let append = "mutation($input: AppendMessageInput!) { appendMessage(input: $input) {
        message { id } userErrors { code message } } }";
    let answer = person.run(append, json!({ "input": { "conversationId": talk, "content": content } })).await;
    answer.field("appendMessage")["message"]["id"].as_str().unwrap().to_owned()
}

pub async fn edit(person: &Person<'_>, message: &str, content: &str) {
    let edit = "mutation($input: EditMessageInput!) { editMessage(input: $input) {
        message { id } userErrors { code message } } }";
    let answer = person.run(edit, json!({ "input": { "messageId": message, "content": content } })).await;
    answer.field("editMessage");
}

pub async fn share(owner: &Person<'_>, talk: &str, with: &Person<'_>) -> String {
    let share = "mutation($input: ShareInput!) { share(input: $input) {
        share { id } userErrors { code message } } }";
    let input = json!({ "thingId": talk, "grantee": { "user": { "id": with.id } }, "level": "WRITE" });
    let answer = owner.run(share, json!({ "input": input })).await;
    answer.field("share")["share"]["id"].as_str().unwrap().to_owned()
}

/// The cursor before everything in a conversation.
pub fn beginning(talk: &str) -> String {
    Cursor::beginning(entity::id::ConversationId::decode(talk).unwrap()).encode()
}

/// Kind and message of every event that the subscription tells of, as the database has them.
pub async fn database_log(world: &World, talk: &str) -> Vec<(String, String)> {
    use sea_orm::{ConnectionTrait, DbBackend, Statement};
    let id: uuid::Uuid = entity::id::ConversationId::decode(talk).unwrap().into();
    let sql = "select case kind when 'message.append' then 'MESSAGE_ADDED' else 'MESSAGE_CHANGED' end, subject_id
        from events where conversation_id = $1 and kind in ('message.append', 'message.edit')
        order by transaction_id, id";
    let ask = Statement::from_sql_and_values(DbBackend::Postgres, sql, [id.into()]);
    let rows = world.db.query_all_raw(ask).await.unwrap();
    let entry = |row: &sea_orm::QueryResult| {
        let id: uuid::Uuid = row.try_get_by_index(1).unwrap();
        (row.try_get_by_index(0).unwrap(), entity::id::MessageId(id).encode().to_string())
    };
    rows.iter().map(entry).collect()
}

/// The event in a `next` message or in a result.
#[track_caller]
pub fn event(message: &Value) -> &Value {
    let result = message.get("payload").unwrap_or(message);
    assert!(result.get("errors").is_none(), "{message:#}");
    let event = &result["data"]["conversationEvents"];
    assert!(event.is_object(), "{message:#}");
    event
}

pub fn entry(event: &Value) -> (String, String) {
    (event["kind"].as_str().unwrap().to_owned(), event["message"]["id"].as_str().unwrap().to_owned())
}

/// Follows a conversation on an open socket, from the beginning.
pub async fn follow(socket: &mut Socket, talk: &str) {
    socket.subscribe("1", EVENTS, json!({ "id": talk, "after": beginning(talk) })).await;
}
