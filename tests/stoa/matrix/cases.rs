//! The rows of the matrix: what is tried on each root field.

use serde_json::{Value, json};
use stoa::auth::refresh::RefreshToken;

use super::scene::{Scene, mutation};

/// How the answer of a query is put into a word.
pub enum Seen {
    /// `yes` or `null`.
    Thing,
    /// As a thing, or `part` if the private fields of a user are null.
    Profile,
    /// The number of items in the connection at this JSON pointer under the field.
    List(&'static str),
    /// The number of things in a plain list that are not null.
    Some,
}

pub struct Case {
    pub field: &'static str,
    /// What distinguishes the row from others of the same field.
    pub variant: &'static str,
    pub tried: &'static str,
    pub document: String,
    /// The variables for the column with this number.
    pub variables: fn(&Scene<'_>, usize) -> Value,
    /// SQL that is run before each cell.
    pub before: &'static str,
    /// Nothing for mutations.
    pub seen: Option<Seen>,
}

impl Case {
    pub fn title(&self) -> String {
        match self.variant {
            "" => self.field.to_owned(),
            variant => format!("{}: {variant}", self.field),
        }
    }

    fn with(mut self, variables: fn(&Scene<'_>, usize) -> Value) -> Self {
        self.variables = variables;
        self
    }

    fn before(mut self, sql: &'static str) -> Self {
        self.before = sql;
        self
    }
}

fn ask(name: &'static str, tried: &'static str, seen: Seen, document: &str) -> Case {
    let (field, variant) = name.split_once(": ").unwrap_or((name, ""));
    let document = document.to_owned();
    Case { field, variant, tried, document, variables: |_, _| json!({}), before: "", seen: Some(seen) }
}

fn change(name: &'static str, tried: &'static str, selection: &str, variables: fn(&Scene<'_>, usize) -> Value) -> Case {
    let (field, variant) = name.split_once(": ").unwrap_or((name, ""));
    Case { field, variant, tried, document: mutation(field, selection), variables, before: "", seen: None }
}

const IN_TRASH: &str = "update conversations set deleted_at = '2026-06-01T12:00:00Z'";
const PENDING: &str = "update tool_calls set status = 'pending', result = null, started_at = null, finished_at = null";
const TALK: &str = "query($id: ID!) { conversation(id: $id) { title owner { username email }
    messages { nodes { content author { email } toolCalls { nodes { toolName arguments } } } } } }";
const PROFILE: &str = "username email state permissions lastSignedInAt roleAssignments { nodes { role { name } } }";

#[rustfmt::skip]
pub fn cases() -> Vec<Case> {
    [queries(), conversations(), roles(), accounts()].into_iter().flatten().collect()
}

#[rustfmt::skip]
fn queries() -> Vec<Case> {
    let profile = |by: &str| format!("query($name: UserReference!) {{ user(by: $name) {{ {by} }} }}");
    vec![
        ask("conversation", "Opens the owner's private conversation with its messages.", Seen::Thing, TALK)
            .with(|scene, _| json!({ "id": scene.talk })),
        ask("conversation: in the trash", "The same after the owner has put it into the trash.", Seen::Thing, TALK)
            .with(|scene, _| json!({ "id": scene.talk })).before(IN_TRASH),
        ask("conversation: its shares", "Asks to whom that conversation is shared.", Seen::List("/shares"),
            "query($id: ID!) { conversation(id: $id) { shares { totalCount nodes { grantee { username email } } } } }")
            .with(|scene, _| json!({ "id": scene.talk })),
        ask("conversation: its participants", "Asks who takes part in that conversation.", Seen::List("/participants"),
            "query($id: ID!) { conversation(id: $id) { participants { totalCount nodes { user { username email } } } } }")
            .with(|scene, _| json!({ "id": scene.talk })),
        ask("conversations", "Lists conversations (there is only the owner's).", Seen::List(""),
            "{ conversations { totalCount nodes { title lastMessage { content } } } }"),
        ask("conversations: of the owner", "Lists the conversations of the owner, by their id.", Seen::List(""),
            "query($id: ID!) { conversations(filter: { ownerId: $id }) { totalCount nodes { title } } }")
            .with(|scene, _| json!({ "id": scene.person("owner").id })),
        ask("conversations: in the trash", "Lists the trash after the owner has put the conversation there.", Seen::List(""),
            "{ conversations(filter: { inTrash: true }) { totalCount nodes { title } } }").before(IN_TRASH),
        ask("message", "Opens a message of the private conversation.", Seen::Thing,
            "query($id: ID!) { message(id: $id) { content conversation { title } author { email } } }")
            .with(|scene, _| json!({ "id": scene.message })),
        ask("node", "Opens the private conversation by its id alone.", Seen::Thing,
            "query($id: ID!) { node(id: $id) { id ... on Conversation { title } } }")
            .with(|scene, _| json!({ "id": scene.talk })),
        ask("nodes", "Opens 8 things at once: the conversation, a message, its tool call, the reader's share, the owner, \
            their session, the role admin, a permission.", Seen::Some,
            "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Conversation { title } ... on Message { content }
                ... on ToolCall { toolName } ... on User { email } } }")
            .with(|scene, _| {
                let owner = scene.person("owner");
                let session = stoa::graphql::id::WireId::encode(owner.session.unwrap()).to_string();
                let share = scene.shares[super::scene::column("reader")].clone();
                json!({ "ids": [scene.talk, scene.message, scene.tool_call, share, owner.id, session,
                    scene.roles[0], scene.permission] })
            }),
        ask("permissions", "Lists the permissions.", Seen::List(""), "{ permissions { totalCount nodes { name } } }"),
        ask("roles", "Lists the roles.", Seen::List(""), "{ roles { totalCount nodes { name permissions } } }"),
        ask("user", "Looks the owner up by user name, private fields included.", Seen::Profile, &profile(PROFILE))
            .with(|_, _| json!({ "name": { "username": "owner" } })),
        ask("user: by number", "Looks the owner up by their public number.", Seen::Profile, &profile(PROFILE))
            .with(|_, _| json!({ "name": { "number": 9 } })),
        ask("users", "Lists users (there are 10).", Seen::List(""), "{ users { totalCount nodes { username email } } }"),
        ask("users: by state", "Lists the active users; the state is private.", Seen::List(""),
            "{ users(filter: { state: ACTIVE }) { totalCount nodes { username email } } }"),
        ask("users: by role", "Lists the holders of the role admin; roles are private.", Seen::List(""),
            "query($id: ID!) { users(filter: { roleId: $id }) { totalCount nodes { username email } } }")
            .with(|scene, _| json!({ "id": scene.roles[0] })),
        ask("viewer", "Asks for oneself, private fields included.", Seen::Profile, &format!("{{ viewer {{ {PROFILE} }} }}")),
    ]
}

#[rustfmt::skip]
fn conversations() -> Vec<Case> {
    vec![
        change("appendMessage", "Writes in the private conversation as oneself (role USER).", "message { content }",
            |scene, _| json!({ "conversationId": scene.talk, "content": "hello" })),
        change("appendMessage: as the model", "The same as a model's answer (role ASSISTANT).", "message { content }",
            |scene, _| json!({ "conversationId": scene.talk, "content": "hello", "role": "ASSISTANT" })),
        change("createConversation", "Starts a conversation of one's own.", "conversation { title }",
            |_, at| json!({ "title": format!("Mine {at}") })),
        change("deleteConversation", "Puts the private conversation into the trash.", "conversation { title }",
            |scene, _| json!({ "conversationId": scene.talk })),
        change("editMessage", "Replaces the text of the owner's message.", "message { content }",
            |scene, at| json!({ "messageId": scene.message, "content": format!("edit {at}") })),
        change("editMessage: one's own", "Replaces the text of a message that one wrote; of the owner's where there is none. \
            The reader wrote it before they were set back to READ.", "message { content }",
            |scene, at| {
                let id = scene.own_messages[at].as_ref().unwrap_or(&scene.message);
                json!({ "messageId": id, "content": format!("edit {at}") })
            }),
        change("purgeConversation", "Removes the private conversation, which is in the trash, for ever.", "purgedId",
            |scene, _| json!({ "conversationId": scene.talk })).before(IN_TRASH),
        change("recordToolCall", "Records a tool call on the owner's message.", "toolCall { toolName }",
            |scene, _| json!({ "messageId": scene.message, "toolName": "clock", "arguments": { "json": {} } })),
        change("recordToolResult", "Records what came of the owner's tool call.", "toolCall { toolName result }",
            |scene, at| json!({ "toolCallId": scene.tool_call, "outcome": { "result": at } })).before(PENDING),
        change("restoreConversation", "Takes the private conversation out of the trash.", "conversation { title }",
            |scene, _| json!({ "conversationId": scene.talk })).before(IN_TRASH),
        change("revokeShare", "Takes back the share of somebody else (the reader's; the reader tries the commenter's).",
            "revokedId", |scene, at| {
                let reader = super::scene::column("reader");
                let whose = if at == reader { super::scene::column("commenter") } else { reader };
                json!({ "shareId": scene.shares[whose] })
            }),
        change("revokeShare: one's own", "Gives up the share that one was given; the reader's where one has none.", "revokedId",
            |scene, at| {
                let reader = &scene.shares[super::scene::column("reader")];
                json!({ "shareId": scene.shares[at].as_ref().or(reader.as_ref()) })
            }),
        change("shareConversation", "Shares the private conversation with a guest.", "share { level }",
            |scene, _| json!({ "conversationId": scene.talk, "grantee": { "id": scene.guest }, "level": "READ" })),
        change("shareConversation: to oneself", "Raises one's own share to WRITE.", "share { level }",
            |scene, at| json!({ "conversationId": scene.talk, "level": "WRITE",
                "grantee": { "username": super::scene::COLUMNS[at] } })),
        change("updateConversation", "Gives the private conversation another title.", "conversation { title }",
            |scene, at| json!({ "conversationId": scene.talk, "title": format!("Title {at}") })),
    ]
}

#[rustfmt::skip]
fn roles() -> Vec<Case> {
    vec![
        change("assignRole", "Gives the role viewer to the guest.", "assignment { role { name } }",
            |scene, _| json!({ "userId": scene.guest, "roleId": scene.roles[2] })),
        change("assignRole: admin to oneself", "Makes oneself an administrator; the guest where nobody is signed in.",
            "assignment { role { name } }", |scene, at| {
                let id = &scene.people[at].id;
                json!({ "userId": if id.is_empty() { &scene.guest } else { id }, "roleId": scene.roles[0] })
            }),
        change("createRole", "Creates a role that may share.", "role { name }",
            |_, at| json!({ "name": format!("role-{at}"), "permissions": ["SHARES_WRITE"] })),
        change("grantPermission", "Lets all subscribers see every user.", "role { permissions }",
            |scene, _| json!({ "roleId": scene.roles[1], "permission": "USERS_READ" })),
        change("removeRole", "Takes the role subscriber from the guest.", "user { username }",
            |scene, _| json!({ "userId": scene.guest, "roleId": scene.roles[1] })),
        change("revokePermission", "Forbids all subscribers to share.", "role { permissions }",
            |scene, _| json!({ "roleId": scene.roles[1], "permission": "SHARES_WRITE" })),
    ]
}

#[rustfmt::skip]
fn accounts() -> Vec<Case> {
    let tokens = "accessToken refreshToken user { username }";
    vec![
        change("createInvitation", "Makes a code with which somebody can register.", "invitationCode", |_, _| json!({})),
        change("demoSignIn", "Signs in without a password on a server that is not a demo.", tokens,
            |_, _| json!({ "username": "owner" })),
        change("refreshSession", "Goes on with one's own session; with a forged token where nobody is signed in.", tokens,
            |scene, at| {
                let token = scene.people[at].session.map(|session| RefreshToken { session, generation: 0 });
                let token = token.map_or("stoa_rt_AAAA".to_owned(), |token| token.write(&scene.world.app.tokens));
                json!({ "refreshToken": token })
            }),
        change("register", "Makes a new account, where registration is open.", tokens,
            |_, at| json!({ "username": format!("newcomer-{at}"), "password": "correct horse" })),
        change("signIn", "Signs in with the right password of the guest.", tokens,
            |_, _| json!({ "identifier": "guest", "password": "correct horse" })),
        change("signIn: as the owner", "Signs in as the owner with a guessed password.", tokens,
            |_, _| json!({ "identifier": "owner", "password": "correct horse" })),
        change("signOut", "Ends all of one's own sessions.", "endedSessions", |_, _| json!({ "allSessions": true })),
    ]
}
