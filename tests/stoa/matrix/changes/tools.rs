//! Tools, and the tool call of the private conversation. The tool is the owner's; those who have the conversation shared
//! have the tool at the same level.

use serde_json::json;

use super::THING;
use crate::matrix::cases::{Case, change};

pub const TOOL: &str = "delete from tools;
    insert into tools (id, owner_id, name, parameters, created_at, updated_at)
    select '00000000-0000-7000-8000-000000000001', id, 'saw', '{\"type\": \"object\"}', now(), now()
      from users where username = 'owner';
    insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, created_at, updated_at)
    select gen_random_uuid(), '00000000-0000-7000-8000-000000000001', '', 'user', id,
           case username when 'reader' then 'read' when 'commenter' then 'comment' else 'write' end, now(), now()
      from users where username in ('reader', 'commenter', 'writer', 'viewer-write', 'roleless')";
const COMMON: &str = "delete from tools;
    insert into tools (id, name, parameters, created_at, updated_at)
    values ('00000000-0000-7000-8000-000000000001', 'clock', '{\"type\": \"object\"}', now(), now())";
const IN_TRASH: &str = "delete from tools;
    insert into tools (id, owner_id, name, parameters, created_at, updated_at, deleted_at)
    select '00000000-0000-7000-8000-000000000001', id, 'saw', '{\"type\": \"object\"}', now(), now(), now()
      from users where username = 'owner';
    insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, created_at, updated_at)
    select gen_random_uuid(), '00000000-0000-7000-8000-000000000001', '', 'user', id, 'manage', now(), now()
      from users where username in ('reader', 'writer')";
pub const WAITING: &str = "alter table tool_calls disable trigger tool_calls_life;
    update tool_calls set status = 'awaiting_approval', needs_approval = true, decision = null, decided_by = null,
        decided_at = null, decision_reason = null, result = null, started_at = null, finished_at = null;
    alter table tool_calls enable trigger tool_calls_life";
const PENDING: &str = "alter table tool_calls disable trigger tool_calls_life;
    update tool_calls set status = 'pending', result = null, started_at = null, finished_at = null;
    alter table tool_calls enable trigger tool_calls_life";

pub fn tool() -> String {
    use stoa::graphql::id::WireId;
    entity::id::ToolId(THING).encode().to_string()
}

pub fn tools() -> Vec<Case> {
    vec![
        change(
            "approveToolCall",
            "Lets the owner's tool call go on, which waits for that.",
            "toolCall { status }",
            |scene, _| json!({ "toolCallId": scene.tool_call }),
        )
        .before(WAITING),
        change(
            "rejectToolCall",
            "Says no to the owner's tool call, which waits for approval.",
            "toolCall { status }",
            |scene, _| json!({ "toolCallId": scene.tool_call, "reason": "No." }),
        )
        .before(WAITING),
        change(
            "startToolCall",
            "Says that the owner's tool call has begun.",
            "toolCall { status }",
            |scene, _| json!({ "toolCallId": scene.tool_call }),
        )
        .before(PENDING),
        change(
            "cancelToolCall",
            "Gives the owner's tool call up.",
            "toolCall { status }",
            |scene, _| json!({ "toolCallId": scene.tool_call }),
        )
        .before(PENDING),
        change(
            "createTool",
            "Makes a tool of one's own.",
            "tool { isSystem }",
            |_, at| json!({ "name": format!("mine_{at}") }),
        ),
        change(
            "createTool: of the installation",
            "Makes a tool that everybody has.",
            "tool { isSystem }",
            |_, at| json!({ "name": format!("all_{at}"), "isSystem": true }),
        ),
        change(
            "updateTool",
            "Renames the owner's tool.",
            "tool { name }",
            |_, at| json!({ "toolId": tool(), "name": format!("saw_{at}") }),
        )
        .before(TOOL),
        change(
            "updateTool: of the installation",
            "Renames a tool that everybody has.",
            "tool { name }",
            |_, at| json!({ "toolId": tool(), "name": format!("clock_{at}") }),
        )
        .before(COMMON),
        change(
            "deleteTool",
            "Puts the owner's tool into the trash.",
            "tool { name }",
            |_, _| json!({ "toolId": tool() }),
        )
        .before(TOOL),
        change(
            "restoreTool",
            "Takes the owner's tool out of the trash; reader and writer have it shared at MANAGE.",
            "tool { name }",
            |_, _| json!({ "toolId": tool() }),
        )
        .before(IN_TRASH),
        change(
            "purgeTool",
            "Removes the owner's tool, which is in the trash, for ever.",
            "purgedId",
            |_, _| json!({ "toolId": tool() }),
        )
        .before(IN_TRASH),
        change(
            "forkTool",
            "Copies the owner's tool.",
            "tool { name }",
            |_, at| json!({ "toolId": tool(), "name": format!("copy_{at}") }),
        )
        .before(TOOL),
    ]
}
