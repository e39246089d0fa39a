//! The rows of the matrix: what is tried on each root field. Those of the queries are here.

use entity::id::ConversationId;
use serde_json::{Value, json};
use stoa::events::Cursor;
use stoa::graphql::id::WireId;

use super::changes;
use super::scene::{Scene, column, mutation};

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

    /// Under which heading the row stands.
    pub fn section(&self) -> &'static str {
        match self.seen {
            None => "MUTATIONS",
            Some(_) if self.document.starts_with("subscription") => "SUBSCRIPTIONS",
            Some(_) => "QUERIES",
        }
    }

    fn with(mut self, variables: fn(&Scene<'_>, usize) -> Value) -> Self {
        self.variables = variables;
        self
    }

    pub fn before(mut self, sql: &'static str) -> Self {
        self.before = sql;
        self
    }
}

fn ask(name: &'static str, tried: &'static str, seen: Seen, document: &str) -> Case {
    let (field, variant) = name.split_once(": ").unwrap_or((name, ""));
    let document = document.to_owned();
    Case { field, variant, tried, document, variables: |_, _| json!({}), before: "", seen: Some(seen) }
}

pub fn change(
    name: &'static str,
    tried: &'static str,
    selection: &str,
    variables: fn(&Scene<'_>, usize) -> Value,
) -> Case {
    let (field, variant) = name.split_once(": ").unwrap_or((name, ""));
    Case { field, variant, tried, document: mutation(field, selection), variables, before: "", seen: None }
}

/// The cursor before everything that happened in a conversation.
fn beginning(talk: &str) -> String {
    Cursor::beginning(ConversationId::decode(talk).unwrap()).encode()
}

pub const IN_TRASH: &str = "update conversations set deleted_at = '2026-06-01T12:00:00Z'";
const OLD_USE: &str =
    "insert into deprecated_uses (id, coordinate, user_id, credential, uses, first_seen_at, last_seen_at)
    select gen_random_uuid(), 'Query.old', id, 'session', 1, now(), now() from users where username = 'owner'
    on conflict do nothing";
const OWNERS_SESSIONS: &str =
    "{ user(by: { username: \"owner\" }) { sessions { totalCount nodes { address device { name } } } } }";
pub const A_KEY: &str = "delete from api_keys;
    insert into api_keys (id, user_id, name, scopes, expires_at, created_at, updated_at)
    select '00000000-0000-7000-8000-000000000001', id, 'Mine', '{conversations:read}', '2030-01-01', created_at, created_at
      from users where username = 'owner'";
const OWNERS_EVENT: &str = "delete from security_events;
    insert into security_events (id, user_id, kind, at) select gen_random_uuid(), id, 'new_device', now()
      from users where username = 'owner'";
const TALK: &str = "query($id: ID!) { conversation(id: $id) { title owner { username email }
    messages { nodes { content author { email } toolCalls { nodes { toolName arguments } } } } } }";
const PROFILE: &str = "username email state permissions lastSignedInAt roleAssignments { nodes { role { name } } }";

pub fn cases() -> Vec<Case> {
    [queries(), changes::changes()].into_iter().flatten().collect()
}

fn queries() -> Vec<Case> {
    let profile = |by: &str| format!("query($name: UserReference!) {{ user(by: $name) {{ {by} }} }}");
    vec![
        ask("conversation", "Opens the owner's private conversation with its messages.", Seen::Thing, TALK)
            .with(|scene, _| json!({ "id": scene.talk })),
        ask("conversation: in the trash", "The same after the owner has put it into the trash.", Seen::Thing, TALK)
            .with(|scene, _| json!({ "id": scene.talk })).before(IN_TRASH),
        ask("conversation: its shares", "Asks to whom that conversation is shared.", Seen::List("/shares"),
            "query($id: ID!) { conversation(id: $id) { shares { totalCount nodes { grantee { ... on User { username email } } } } } }")
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
        ask("messageStream", "Reads along in the private conversation.", Seen::Thing,
            "subscription($id: ID!) { messageStream(messageId: $id) { text status message { content } } }")
            .with(|scene, _| json!({ "id": scene.message })),
        ask("conversationEvents", "Listens to the private conversation, from its beginning.", Seen::Thing,
            "subscription($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after) {
                message { content author { email } } conversation { title } } }")
            .with(|scene, _| json!({ "id": scene.talk, "after": beginning(&scene.talk) })),
        ask("deprecatedUses", "Lists who uses what is deprecated (one row, the owner's).", Seen::List(""),
            "{ deprecatedUses { totalCount nodes { coordinate user { username email } } } }").before(OLD_USE),
        ask("auditEntries", "Lists what was done to the private conversation.", Seen::List(""),
            "query($id: ID!) { auditEntries(filter: { subjectId: $id }) { totalCount nodes { action actor { username email } } } }")
            .with(|scene, _| json!({ "id": scene.talk })),
        ask("verifyAudit", "Compares the audit log with its seals.", Seen::Thing, "{ verifyAudit { isIntact checked head } }"),
        ask("errorCodes", "Reads what each error code means.", Seen::Thing, "{ errorCodes { code meaning } }"),
        ask("invitations", "Lists the invitations (there is one, the admin's).", Seen::List(""),
            "{ invitations { totalCount nodes { state invitedBy { username email } } } }"),
        ask("message", "Opens a message of the private conversation.", Seen::Thing,
            "query($id: ID!) { message(id: $id) { content conversation { title } author { email } } }")
            .with(|scene, _| json!({ "id": scene.message })),
        ask("node", "Opens the private conversation by its id alone.", Seen::Thing,
            "query($id: ID!) { node(id: $id) { id ... on Conversation { title } } }")
            .with(|scene, _| json!({ "id": scene.talk })),
        ask("nodes", "Opens 9 things at once: the conversation, a message, its tool call, the reader's share, the owner, \
            their session, the role admin, a permission, an invitation.", Seen::Some,
            "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Conversation { title } ... on Message { content }
                ... on ToolCall { toolName } ... on User { email } } }")
            .with(|scene, _| {
                let owner = scene.person("owner");
                let session = owner.session.unwrap().encode().to_string();
                let share = scene.shares[column("reader")].clone();
                json!({ "ids": [scene.talk, scene.message, scene.tool_call, share, owner.id, session,
                    scene.roles[0], scene.permission, scene.invitation] })
            }),
        ask("permissions", "Lists the permissions.", Seen::List(""), "{ permissions(first: 100) { totalCount nodes { name } } }"),
        ask("roleAssignments", "Lists the roles that end (there are none).", Seen::List(""),
            "{ roleAssignments(expiringBefore: \"2030-01-01T00:00:00Z\") { totalCount nodes { role { name } user { email } } } }"),
        ask("roles", "Lists the roles.", Seen::List(""), "{ roles { totalCount nodes { name permissions } } }"),
        ask("membershipInvitations", "Lists the invitations to oneself (there is one, the reader's).", Seen::List(""),
            "{ membershipInvitations { totalCount nodes { name } } }").before(changes::teams::OFFER),
        ask("sharedConversation", "Opens a link that does not exist.", Seen::Thing,
            "{ sharedConversation(token: \"stoa_ln_AAAA\") { title } }"),
        ask("sharedWithMe", "Lists what was shared with one.", Seen::List(""),
            "{ sharedWithMe { totalCount nodes { level thing { ... on Conversation { title } } } } }"),
        ask("sharedByMe", "Lists what one shared.", Seen::List(""),
            "{ sharedByMe { totalCount nodes { level thing { ... on Conversation { title } } } } }"),
        ask("audience", "Asks whom the conversation reaches.", Seen::Thing,
            "query($id: ID!) { audience(thingId: $id) { peopleCount people { nodes { level user { username email } } } } }")
            .with(|scene, _| json!({ "id": scene.talk })),
        ask("team", "Opens a team of owner, writer and reader.", Seen::Thing,
            "query($id: ID!) { team(id: $id) { name members { nodes { user { username email } } } } }")
            .with(|_, _| json!({ "id": changes::teams::team() })).before(changes::teams::CREW),
        ask("teams", "Lists one's teams (there is that one).", Seen::List(""), "{ teams { totalCount nodes { name } } }")
            .before(changes::teams::CREW),
        ask("workspace", "Opens a workspace of owner, writer and reader.", Seen::Thing,
            "query($id: ID!) { workspace(id: $id) { name members { nodes { level grantee { ... on User { username email } } } } } }")
            .with(|_, _| json!({ "id": changes::teams::workspace() })).before(changes::teams::LOFT),
        ask("workspaces", "Lists one's workspaces (there is that one).", Seen::List(""),
            "{ workspaces { totalCount nodes { name } } }").before(changes::teams::LOFT),
        ask("tool", "Opens a tool of the owner.", Seen::Thing,
            "query($id: ID!) { tool(id: $id) { name parameters owner { username email } shares { nodes { level } } } }")
            .with(|_, _| json!({ "id": changes::tools::tool() })).before(changes::tools::TOOL),
        ask("tools", "Lists tools (there is that one).", Seen::List(""), "{ tools { totalCount nodes { name } } }")
            .before(changes::tools::TOOL),
        ask("toolCallsAwaitingApproval", "Lists the tool calls about which one may decide (there is the owner's).",
            Seen::List(""), "{ toolCallsAwaitingApproval { totalCount nodes { toolName arguments } } }")
            .before(changes::tools::WAITING),
        ask("advisor", "Opens an advisor of the owner.", Seen::Thing,
            "query($id: ID!) { advisor(id: $id) { name messages { content } owner { username email } asJson } }")
            .with(|_, _| json!({ "id": changes::advisors::advisor() })).before(changes::advisors::ADVISOR),
        ask("advisors", "Lists advisors (there is that one).", Seen::List(""), "{ advisors { totalCount nodes { name } } }")
            .before(changes::advisors::ADVISOR),
        ask("user", "Looks the owner up by user name, private fields included.", Seen::Profile, &profile(PROFILE))
            .with(|_, _| json!({ "name": { "username": "owner" } })),
        ask("user: by number", "Looks the owner up by their public number.", Seen::Profile, &profile(PROFILE))
            .with(|_, _| json!({ "name": { "number": 9 } })),
        ask("user: sessions", "Asks for the sessions of the owner.", Seen::List("/sessions"), OWNERS_SESSIONS),
        ask("user: devices", "Asks what the owner signs in with.", Seen::List("/devices"),
            "{ user(by: { username: \"owner\" }) { devices { totalCount nodes { name } } } }"),
        ask("user: API keys", "Asks for the API keys of the owner.", Seen::List("/apiKeys"),
            "{ user(by: { username: \"owner\" }) { apiKeys { totalCount nodes { name ending scopes } } } }")
            .before(A_KEY),
        ask("user: security events", "Asks what happened to the account of the owner.", Seen::List("/securityEvents"),
            "{ user(by: { username: \"owner\" }) { securityEvents { totalCount nodes { kind address } } } }")
            .before(OWNERS_EVENT),
        ask("users", "Lists users (there are 10).", Seen::List(""), "{ users { totalCount nodes { username email } } }"),
        ask("users: by address", "Looks for users by the beginning of the owner's address.", Seen::List(""),
            "{ users(filter: { search: \"owner@\" }) { totalCount nodes { username email } } }"),
        ask("users: by name", "Looks for users with a name like the owner's, misspelt.", Seen::List(""),
            "{ users(filter: { similarTo: \"owneer\" }) { totalCount nodes { username email } } }"),
        ask("users: by state", "Lists the active users; the state is private.", Seen::List(""),
            "{ users(filter: { state: ACTIVE }) { totalCount nodes { username email } } }"),
        ask("users: by role", "Lists the holders of the role admin; roles are private.", Seen::List(""),
            "query($id: ID!) { users(filter: { roleId: $id }) { totalCount nodes { username email } } }")
            .with(|scene, _| json!({ "id": scene.roles[0] })),
        ask("signInProviders", "Reads with whose accounts one can sign in (there are none).", Seen::Thing,
            "{ signInProviders { name } }"),
        ask("viewer", "Asks for oneself, private fields included.", Seen::Profile, &format!("{{ viewer {{ {PROFILE} }} }}")),
    ]
}
