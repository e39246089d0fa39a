//! Conversations, messages, tool calls and shares.

use serde_json::json;

use crate::matrix::cases::{Case, IN_TRASH, change};
use crate::matrix::scene::{COLUMNS, column};

const PENDING: &str = "alter table tool_calls disable trigger tool_calls_life;
    update tool_calls set status = 'pending', result = null, started_at = null, finished_at = null;
    alter table tool_calls enable trigger tool_calls_life";

/// The owner reads another branch than that of the first message.
const ELSEWHERE: &str = "
    insert into messages (id, conversation_id, author_id, role, content, created_at, updated_at)
    select gen_random_uuid(), id, owner_id, 'user', 'Elsewhere', created_at, created_at from conversations";

/// The owner's messages are being written.
const WRITING: &str = "
    update messages set status = 'streaming' where author_id = (select id from users where username = 'owner');
    insert into message_streams (message_id, conversation_id, lease_until)
    select id, conversation_id, created_at + interval '100 years' from messages where status = 'streaming'
    on conflict (message_id) do update set attempt = 1, next_sequence = 1, folded = 0, length = 0, ended_at = null";

const INTERRUPTED: &str = "
    update messages set status = 'interrupted' where author_id = (select id from users where username = 'owner');
    insert into message_streams (message_id, conversation_id, lease_until, ended_at)
    select id, conversation_id, created_at, created_at from messages where status = 'interrupted'
    on conflict (message_id) do update set attempt = 1, ended_at = message_streams.lease_until";

pub fn conversations() -> Vec<Case> {
    vec![
        change(
            "appendMessage",
            "Writes in the private conversation as oneself (role USER).",
            "message { content }",
            |scene, _| json!({ "conversationId": scene.talk, "content": "hello" }),
        ),
        change(
            "appendMessage: as the model",
            "The same as a model's answer (role ASSISTANT).",
            "message { content }",
            |scene, _| json!({ "conversationId": scene.talk, "content": "hello", "role": "ASSISTANT" }),
        ),
        change(
            "appendToMessage",
            "Adds a piece to a message that the owner is writing.",
            "writing { nextSequence }",
            |scene, _| json!({ "messageId": scene.message, "attempt": 1, "sequence": 1, "text": "hello" }),
        )
        .before(WRITING),
        change(
            "beginMessage",
            "Begins to write a model's answer in the private conversation.",
            "message { status }",
            |scene, _| json!({ "conversationId": scene.talk }),
        ),
        change(
            "cancelMessage",
            "Ends a message that the owner is writing before its time.",
            "message { status }",
            |scene, _| json!({ "messageId": scene.message }),
        )
        .before(WRITING),
        change(
            "continueMessage",
            "Goes on with a message that was interrupted while the owner was writing it.",
            "message { status }",
            |scene, _| json!({ "messageId": scene.message }),
        )
        .before(INTERRUPTED),
        change(
            "finishMessage",
            "Says that a message that the owner is writing is complete.",
            "message { status }",
            |scene, _| json!({ "messageId": scene.message, "attempt": 1 }),
        )
        .before(WRITING),
        change(
            "branchMessage",
            "Puts the owner's message differently, beside it.",
            "message { content }",
            |scene, _| json!({ "messageId": scene.message, "content": "hello" }),
        ),
        change(
            "createConversation",
            "Starts a conversation of one's own.",
            "conversation { title }",
            |_, at| json!({ "title": format!("Mine {at}") }),
        ),
        change(
            "deleteConversation",
            "Puts the private conversation into the trash.",
            "conversation { title }",
            |scene, _| json!({ "conversationId": scene.talk }),
        ),
        change(
            "deleteMessage",
            "Removes the owner's message; what is below it stays.",
            "deletedCount",
            |scene, _| json!({ "messageId": scene.message, "answers": "KEEP" }),
        ),
        change(
            "deleteMessage: with all answers",
            "Removes the owner's message with everything below it.",
            "deletedCount",
            |scene, _| json!({ "messageId": scene.message, "answers": "DELETE" }),
        ),
        change(
            "editMessage",
            "Replaces the text of the owner's message.",
            "message { content }",
            |scene, at| json!({ "messageId": scene.message, "content": format!("edit {at}") }),
        ),
        change(
            "editMessage: one's own",
            "Replaces the text of a message that one wrote; of the owner's where there is none. \
            The reader wrote it before they were set back to READ.",
            "message { content }",
            |scene, at| {
                let id = scene.own_messages[at].as_ref().unwrap_or(&scene.message);
                json!({ "messageId": id, "content": format!("edit {at}") })
            },
        ),
        change(
            "forkConversation",
            "Copies the private conversation into one of one's own.",
            "conversation { title }",
            |scene, _| json!({ "conversationId": scene.talk }),
        ),
        change(
            "purgeConversation",
            "Removes the private conversation, which is in the trash, for ever.",
            "purgedId",
            |scene, _| json!({ "conversationId": scene.talk }),
        )
        .before(IN_TRASH),
        change(
            "recordToolCall",
            "Records a tool call on the owner's message.",
            "toolCall { toolName }",
            |scene, _| json!({ "messageId": scene.message, "toolName": "clock", "arguments": { "json": {} } }),
        ),
        change(
            "recordToolResult",
            "Records what came of the owner's tool call.",
            "toolCall { toolName result }",
            |scene, at| json!({ "toolCallId": scene.tool_call, "outcome": { "result": at } }),
        )
        .before(PENDING),
        change(
            "restoreConversation",
            "Takes the private conversation out of the trash.",
            "conversation { title }",
            |scene, _| json!({ "conversationId": scene.talk }),
        )
        .before(IN_TRASH),
        change(
            "revokeShare",
            "Takes back the share of somebody else (the reader's; the reader tries the commenter's).",
            "revokedId",
            |scene, at| {
                let reader = column("reader");
                let whose = if at == reader { column("commenter") } else { reader };
                json!({ "shareId": scene.shares[whose] })
            },
        ),
        change(
            "revokeShare: one's own",
            "Gives up the share that one was given; tries that of roleless where one has none.",
            "revokedId",
            |scene, at| {
                let other = &scene.shares[column("roleless")];
                json!({ "shareId": scene.shares[at].as_ref().or(other.as_ref()) })
            },
        ),
        change(
            "selectBranch",
            "Reads the branch with the owner's message.",
            "conversation { title }",
            |scene, _| json!({ "messageId": scene.message }),
        )
        .before(ELSEWHERE),
        change(
            "share",
            "Shares the private conversation with a guest.",
            "share { level }",
            |scene, _| json!({ "thingId": scene.talk, "grantee": { "user": { "id": scene.guest } }, "level": "READ" }),
        ),
        change("share: to oneself", "Raises one's own share to WRITE.", "share { level }", |scene, at| {
            json!({ "thingId": scene.talk, "level": "WRITE",
                "grantee": { "user": { "username": COLUMNS[at] } } })
        }),
        change(
            "updateConversation",
            "Gives the private conversation another title.",
            "conversation { title }",
            |scene, at| json!({ "conversationId": scene.talk, "title": format!("Title {at}") }),
        ),
    ]
}
