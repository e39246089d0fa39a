//! The people of the matrix and the private conversation that they try to reach.

use harness::{Person, World};
use serde_json::{Value, json};

/// Words that only those who see the conversation may ever be sent.
pub const SECRETS: [&str; 4] = ["Orchid ledger", "midnight orchid", "orchid_lookup", "glass orchid"];
/// What only the owner and those with `users:read` may be sent.
pub const OWNER_EMAIL: &str = "owner@people.test";

/// The columns, from those without any right to the owner, whose successes may end the conversation.
pub const COLUMNS: [&str; 10] =
    ["anonymous", "stranger", "viewer", "admin", "roleless", "viewer-write", "reader", "commenter", "writer", "owner"];

/// The columns that see the conversation.
pub const INSIDERS: [&str; 5] = ["viewer-write", "reader", "commenter", "writer", "owner"];

pub struct Scene<'w> {
    pub world: &'w World,
    /// In the order of [`COLUMNS`].
    pub people: Vec<Person<'w>>,
    /// A subscriber with a password and without any relation: the one who is given and who loses roles and shares.
    pub guest: String,
    pub talk: String,
    /// The owner's message with the tool call.
    pub message: String,
    pub tool_call: String,
    /// A message of each column's own, where there is one.
    pub own_messages: Vec<Option<String>>,
    /// The share of each column, where there is one.
    pub shares: Vec<Option<String>>,
    /// The default roles by name: admin, subscriber, viewer.
    pub roles: [String; 3],
    pub permission: String,
    /// One that the admin made.
    pub invitation: String,
}

impl<'w> Scene<'w> {
    pub async fn new(world: &'w World) -> Self {
        let mut people = Vec::new();
        for name in COLUMNS {
            people.push(match name {
                "anonymous" => world.anonymous(),
                "admin" => world.admin(name).await,
                "viewer" | "viewer-write" | "roleless" => world.viewer(name).await,
                _ => world.member(name).await,
            });
        }
        world.db_run("delete from user_roles where user_id = (select id from users where username = 'roleless')").await;
        let newcomer = json!({ "username": "guest", "password": "correct horse" });
        let guest = done(&people[0], "register", "user { id }", newcomer).await["user"]["id"].clone();
        let owner = people.last().unwrap();
        let talk = done(owner, "createConversation", "conversation { id }", json!({ "title": SECRETS[0] })).await;
        let talk = text(&talk["conversation"]["id"]);
        let message = append(owner, &talk, SECRETS[1]).await;
        let call =
            json!({ "messageId": message, "toolName": SECRETS[2], "arguments": { "json": { "of": SECRETS[3] } } });
        let tool_call = text(&done(owner, "recordToolCall", "toolCall { id }", call).await["toolCall"]["id"]);
        let (mut shares, mut own_messages) = (Vec::new(), Vec::new());
        for (column, person) in COLUMNS.into_iter().zip(&people) {
            let level = match column {
                "reader" | "commenter" => "COMMENT",
                "writer" | "viewer-write" | "roleless" => "WRITE",
                _ => "",
            };
            shares.push(match level {
                "" => None,
                level => {
                    let input = json!({ "thingId": talk, "grantee": { "user": { "id": person.id } }, "level": level });
                    Some(text(&done(owner, "share", "share { id }", input).await["share"]["id"]))
                }
            });
            own_messages.push(match column {
                "reader" | "commenter" | "writer" | "owner" => Some(append(person, &talk, SECRETS[1]).await),
                _ => None,
            });
        }
        // The reader could write once, and what they wrote is still there.
        let reader = "(select id from users where username = 'reader')";
        world.db_run(&format!("update shares set level = 'read' where grantee_id = {reader}")).await;
        let admin = &people[column("admin")];
        let invitation = done(admin, "createInvitation", "invitation { id }", json!({})).await;
        let lists = admin.run("{ roles { nodes { id } } permissions { nodes { id } } }", json!({})).await;
        let role = |at: usize| text(&lists.data()["roles"]["nodes"][at]["id"]);
        Self {
            world,
            guest: text(&guest),
            talk,
            message,
            tool_call,
            own_messages,
            shares,
            roles: [role(0), role(1), role(2)],
            permission: text(&lists.data()["permissions"]["nodes"][0]["id"]),
            invitation: text(&invitation["invitation"]["id"]),
            people,
        }
    }

    pub fn person(&self, name: &str) -> &Person<'w> {
        &self.people[column(name)]
    }
}

pub fn column(name: &str) -> usize {
    COLUMNS.iter().position(|column| *column == name).unwrap()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The document of a mutation.
pub fn mutation(name: &str, selection: &str) -> String {
    let upper = name[..1].to_uppercase() + &name[1..];
    format!(
        "mutation($input: {upper}Input!) {{ {name}(input: $input) {{ {selection} userErrors {{ code message path }} }} }}"
    )
}

/// A mutation that must succeed, and its payload.
pub async fn done(person: &Person<'_>, name: &str, selection: &str, input: Value) -> Value {
    person.run(&mutation(name, selection), json!({ "input": input })).await.field(name).clone()
}

pub async fn append(person: &Person<'_>, talk: &str, content: &str) -> String {
    let input = json!({ "conversationId": talk, "content": content });
    text(&done(person, "appendMessage", "message { id }", input).await["message"]["id"])
}
