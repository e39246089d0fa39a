//! The people and things of these tests.

use harness::{Person, World};
use serde_json::{Value, json};

use super::document;

const INTERRUPTED: &str = "
    update messages set status = 'interrupted'
     where id = (select message_id from message_streams order by message_id desc limit 1);
    update message_streams s set ended_at = s.lease_until from messages m
     where m.id = s.message_id and m.status = 'interrupted'";

/// Ines owns what the tests try to spoil; Omar reads with her; Zoe is a stranger whose things all say "hush".
pub struct Cast<'w> {
    pub root: Person<'w>,
    pub ines: Person<'w>,
    pub omar: Person<'w>,
    pub zoe: Person<'w>,
    pub nobody: Person<'w>,
    /// Ines' conversation with three messages, two tool calls and a share.
    pub talk: String,
    pub question: String,
    pub answer: String,
    pub call: String,
    pub done: String,
    pub share: String,
    /// Another one of hers, with one message.
    pub side: String,
    pub aside: String,
    /// Two messages of the other one: one that she is writing, one at which she was interrupted.
    pub writing: String,
    pub interrupted: String,
    /// One in her trash.
    pub trashed: String,
    /// Zoe's.
    pub foreign: String,
    pub foreign_message: String,
    pub foreign_call: String,
    pub foreign_share: String,
    /// Ines' team, with Omar as a viewer; one that she deleted; and one of somebody else.
    pub team: String,
    pub old_team: String,
    pub foreign_team: String,
    /// The same of workspaces, in which she is alone.
    pub workspace: String,
    pub old_workspace: String,
    pub foreign_workspace: String,
    /// A tool of hers, one in her trash, one of Zoe's, and a call of hers that waits for approval.
    pub tool: String,
    pub old_tool: String,
    pub foreign_tool: String,
    /// The same of advisors.
    pub advisor: String,
    pub old_advisor: String,
    pub foreign_advisor: String,
    pub waiting: String,
    /// Her invitation to Omar, and one to her.
    pub offer: String,
    pub offered: String,
    /// Roles.
    pub admin: String,
    pub helper: String,
    /// Of root's.
    pub invitation: String,
    /// Of Ines', but not the one in use.
    pub session: String,
    pub device: String,
    pub api_key: String,
}

/// What a mutation made.
pub async fn make(person: &Person<'_>, mutation: &str, input: Value) -> Value {
    let answer = person.run(&document(mutation), json!({ "input": input })).await;
    answer
        .field(mutation)
        .as_object()
        .unwrap()
        .values()
        .find(|value| value.get("id").is_some())
        .cloned()
        .unwrap_or_default()
}

async fn id(person: &Person<'_>, mutation: &str, input: Value) -> String {
    make(person, mutation, input).await["id"].as_str().unwrap().to_owned()
}

impl<'w> Cast<'w> {
    pub async fn enter(world: &'w World) -> Self {
        let root = world.admin("root").await;
        let (ines, omar) = (world.member("ines").await, world.member("omar").await);
        let zoe = world.member("hush-zoe").await;
        let talk = id(&ines, "createConversation", json!({ "title": "Plants" })).await;
        let say = |talk: &str, text: &str| json!({ "conversationId": talk, "content": text });
        let question = id(&ines, "appendMessage", say(&talk, "Which fern?")).await;
        let answer = id(&ines, "appendMessage", say(&talk, "A tall one.")).await;
        id(&ines, "appendMessage", say(&talk, "Thanks.")).await;
        let tool = |message: &str| json!({ "messageId": message, "toolName": "look_up", "arguments": { "json": 1 } });
        let call = id(&ines, "recordToolCall", tool(&answer)).await;
        let done = id(&ines, "recordToolCall", tool(&answer)).await;
        id(&ines, "recordToolResult", json!({ "toolCallId": done, "outcome": { "result": 2 } })).await;
        let given = |talk: &str, who: &str| json!({ "thingId": talk, "grantee": { "user": { "username": who } }, "level": "READ" });
        let share = id(&ines, "share", given(&talk, "omar")).await;
        let side = id(&ines, "createConversation", json!({ "title": "Side" })).await;
        let aside = id(&ines, "appendMessage", say(&side, "Elsewhere.")).await;
        let writing = id(&ines, "beginMessage", json!({ "conversationId": side })).await;
        let interrupted = id(&ines, "beginMessage", json!({ "conversationId": side })).await;
        world.db_run(INTERRUPTED).await;
        let trashed = id(&ines, "createConversation", json!({ "title": "Old" })).await;
        id(&ines, "deleteConversation", json!({ "conversationId": trashed })).await;
        let foreign = id(&zoe, "createConversation", json!({ "title": "Hush, a plan" })).await;
        let foreign_message = id(&zoe, "appendMessage", say(&foreign, "Hush, a thought.")).await;
        let hushed =
            json!({ "messageId": foreign_message, "toolName": "Hush, a tool", "arguments": { "json": "hush, a" } });
        let foreign_call = id(&zoe, "recordToolCall", hushed).await;
        let foreign_share = id(&zoe, "share", given(&foreign, "omar")).await;
        let (mut made, mut hidden) = (Vec::new(), Vec::new());
        for kind in ["Team", "Workspace"] {
            for name in ["Crew", "Gone"] {
                made.push(id(&ines, &format!("create{kind}"), json!({ "name": name })).await);
            }
            id(&ines, &format!("delete{kind}"), json!({ "id": made[made.len() - 1] })).await;
            hidden.push(id(&zoe, &format!("create{kind}"), json!({ "name": "Hush, a place" })).await);
        }
        let [team, old_team, workspace, old_workspace]: [String; 4] = made.try_into().unwrap();
        let [foreign_team, foreign_workspace]: [String; 2] = hidden.try_into().unwrap();
        let join = "insert into team_members (team_id, user_id, role, joined_at)
            select t.id, u.id, 'viewer', now() from teams t, users u where t.name = 'Crew' and u.username = 'omar'";
        world.db_run(join).await;
        let named = |name: &str| json!({ "name": name });
        let tool_of_hers = id(&ines, "createTool", named("fern_finder")).await;
        let old_tool = id(&ines, "createTool", named("old_finder")).await;
        id(&ines, "deleteTool", json!({ "toolId": old_tool })).await;
        let foreign_tool = id(&zoe, "createTool", named("hush_finder")).await;
        let prompt = |name: &str| json!({ "name": name, "messages": [{ "role": "SYSTEM", "content": name }] });
        let advisor = id(&ines, "createAdvisor", prompt("Ferns")).await;
        let old_advisor = id(&ines, "createAdvisor", prompt("Old ferns")).await;
        id(&ines, "deleteAdvisor", json!({ "advisorId": old_advisor })).await;
        let foreign_advisor = id(&zoe, "createAdvisor", prompt("Hush, an advisor")).await;
        let mut asked = tool(&answer);
        asked["status"] = json!("AWAITING_APPROVAL");
        let waiting = id(&ines, "recordToolCall", asked).await;
        let into = |team: &str, name: &str| json!({ "id": team, "invitee": { "user": { "username": name } }, "role": "VIEWER" });
        let offer = id(&ines, "inviteToTeam", into(&team, "omar")).await;
        let offered = id(&zoe, "inviteToTeam", into(&foreign_team, "ines")).await;
        let roles = root.run("{ roles { nodes { id name } } }", json!({})).await;
        let roles = roles.field("roles")["nodes"].as_array().unwrap().clone();
        let admin = roles.iter().find(|role| role["name"] == "admin").unwrap()["id"].as_str().unwrap().to_owned();
        let helper = id(&root, "createRole", json!({ "name": "helper", "permissions": ["STATS_READ"] })).await;
        let invitation = id(&root, "createInvitation", json!({})).await;
        let elsewhere = world.existing("ines").await;
        let mine = "{ viewer { sessions { nodes { id isCurrent } } devices { nodes { id isCurrent } } } }";
        let mine = elsewhere.run(mine, json!({})).await.field("viewer").clone();
        let current = |list: &str| {
            let nodes = mine[list]["nodes"].as_array().unwrap().iter();
            nodes
                .filter(|one| one["isCurrent"] == true)
                .map(|one| one["id"].as_str().unwrap().to_owned())
                .next()
                .unwrap()
        };
        let (session, device) = (current("sessions"), current("devices"));
        let api_key = id(&ines, "createApiKey", json!({ "name": "Old", "scopes": ["CONVERSATIONS_READ"] })).await;
        Self {
            session,
            device,
            api_key,
            root,
            ines,
            omar,
            zoe,
            nobody: world.anonymous(),
            talk,
            question,
            answer,
            call,
            done,
            share,
            side,
            aside,
            writing,
            interrupted,
            trashed,
            foreign,
            foreign_message,
            foreign_call,
            foreign_share,
            admin,
            helper,
            invitation,
            team,
            old_team,
            foreign_team,
            workspace,
            old_workspace,
            foreign_workspace,
            tool: tool_of_hers,
            old_tool,
            foreign_tool,
            advisor,
            old_advisor,
            foreign_advisor,
            waiting,
            offer,
            offered,
        }
    }
}
