//! What is there and may not be seen answers as what is not there.

use harness::{Person, World};
use serde_json::{Value, json};

use super::{surroundings, things, wire};
use crate::matrix::scene::{done, mutation};

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_seen_and_what_is_not_there_answer_alike() {
    let world = World::empty().await;
    let (_scene, people) = surroundings(&world).await;
    // Somebody who manages roles without seeing those of others.
    let (admin, manager) = (&people["admin"], &people["viewer"]);
    let managing = json!({ "name": "manager", "permissions": ["ROLES_WRITE", "USERS_WRITE"] });
    let managing = done(admin, "createRole", "role { id }", managing).await["role"]["id"].clone();
    done(admin, "assignRole", "assignment { expiresAt }", json!({ "userId": manager.id, "roleId": managing })).await;
    world.db_run("update users set state = 'suspended' where username = 'commenter'").await;
    let things = things(&world).await;
    let id_of = |label: &str| things.iter().find(|(_, other)| *other == label).unwrap().0.clone();
    let diary = id_of("Diary");
    let before = world.fingerprint().await;
    let anonymous = world.anonymous();
    for (prefix, label) in [
        ("user", "user guest"),
        ("sess", "session of owner"),
        ("role", "role admin"),
        ("invite", "invitation"),
        ("perm", "permissions"),
        ("conv", "Drawer"),
        ("msg", "messages: Drawer"),
        ("call", "calls: Drawer"),
        ("share", "Drawer > guest"),
        ("tool", "tool saw"),
        ("adv", "advisor sage"),
    ] {
        let (hidden, unknown) = (id_of(label), wire(prefix, world.clock.new_id()));
        let document = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }";
        for person in ["stranger", "reader", "former", "viewer-write", "roleless"] {
            alike(&people[person], document, &[json!({ "id": hidden }), json!({ "id": unknown })], "").await;
        }
        alike(&anonymous, document, &[json!({ "id": hidden }), json!({ "id": unknown })], "UNAUTHENTICATED").await;
        if prefix == "sess" {
            alike(admin, document, &[json!({ "id": hidden }), json!({ "id": unknown })], "").await;
        }
        for (who, name, input) in attempts(prefix, &diary, &managing) {
            let person = if who == "manager" { manager } else { &people[who] };
            let inputs = [&hidden, &unknown].map(|id| {
                let input = input.to_string().replace("\"THE ID\"", &json!(id).to_string());
                json!({ "input": serde_json::from_str::<Value>(&input).unwrap() })
            });
            let document = mutation(name, "__typename");
            alike(person, &document, &inputs, "NOT_FOUND").await;
        }
    }
    // An account that is not active and one that is not there are the same to whoever sees neither.
    let input =
        |id: &str| json!({ "input": { "thingId": diary, "grantee": { "user": { "id": id } }, "level": "READ" } });
    let inputs = [input(&id_of("user commenter")), input(&wire("user", world.clock.new_id()))];
    let document = mutation("share", "__typename");
    alike(&people["stranger"], &document, &inputs, "NOT_FOUND").await;
    assert_eq!(world.fingerprint().await, before);
}

/// Who tries what with an id of this type.
fn attempts(prefix: &str, diary: &str, managing: &Value) -> Vec<(&'static str, &'static str, Value)> {
    let id = "THE ID";
    match prefix {
        "conv" => vec![
            ("stranger", "appendMessage", json!({ "conversationId": id, "content": "x" })),
            ("stranger", "forkConversation", json!({ "conversationId": id })),
            ("stranger", "updateConversation", json!({ "conversationId": id, "title": "x", "expectedVersion": 7 })),
            ("stranger", "deleteConversation", json!({ "conversationId": id, "expectedVersion": 7 })),
            ("reader", "restoreConversation", json!({ "conversationId": id })),
            ("reader", "purgeConversation", json!({ "conversationId": id })),
            ("reader", "share", json!({ "thingId": id, "grantee": { "user": { "number": 1 } }, "level": "READ" })),
        ],
        "msg" => vec![
            ("stranger", "appendMessage", json!({ "conversationId": diary, "parentId": id, "content": "x" })),
            ("stranger", "editMessage", json!({ "messageId": id, "content": "x", "expectedVersion": 7 })),
            ("stranger", "beginMessage", json!({ "conversationId": diary, "parentId": id })),
            ("stranger", "appendToMessage", json!({ "messageId": id, "attempt": 1, "sequence": 1, "text": "x" })),
            ("stranger", "finishMessage", json!({ "messageId": id, "attempt": 1 })),
            ("stranger", "cancelMessage", json!({ "messageId": id })),
            ("stranger", "continueMessage", json!({ "messageId": id })),
            ("stranger", "branchMessage", json!({ "messageId": id, "content": "x" })),
            ("stranger", "deleteMessage", json!({ "messageId": id, "answers": "DELETE", "expectedVersion": 7 })),
            ("stranger", "selectBranch", json!({ "messageId": id })),
            ("stranger", "forkConversation", json!({ "conversationId": diary, "throughMessageId": id })),
            (
                "stranger",
                "recordToolCall",
                json!({ "messageId": id, "toolName": "x", "arguments": { "json": 1 }, "callId": "c" }),
            ),
        ],
        "call" => vec![
            ("stranger", "recordToolResult", json!({ "toolCallId": id, "outcome": { "result": 1 } })),
            ("stranger", "startToolCall", json!({ "toolCallId": id })),
            ("stranger", "approveToolCall", json!({ "toolCallId": id })),
            ("stranger", "rejectToolCall", json!({ "toolCallId": id, "reason": "x", "expectedVersion": 7 })),
        ],
        "adv" => vec![
            ("stranger", "updateAdvisor", json!({ "advisorId": id, "name": "x", "expectedVersion": 7 })),
            ("stranger", "deleteAdvisor", json!({ "advisorId": id, "expectedVersion": 7 })),
            ("stranger", "restoreAdvisor", json!({ "advisorId": id })),
            ("stranger", "purgeAdvisor", json!({ "advisorId": id })),
            ("stranger", "forkAdvisor", json!({ "advisorId": id })),
            ("stranger", "openConversation", json!({ "advisorId": id })),
            ("stranger", "createConversation", json!({ "advisorId": id })),
        ],
        "tool" => vec![
            ("stranger", "updateTool", json!({ "toolId": id, "name": "x", "expectedVersion": 7 })),
            ("stranger", "deleteTool", json!({ "toolId": id, "expectedVersion": 7 })),
            ("stranger", "restoreTool", json!({ "toolId": id })),
            ("stranger", "purgeTool", json!({ "toolId": id })),
            ("stranger", "forkTool", json!({ "toolId": id })),
            ("stranger", "share", json!({ "thingId": id, "grantee": { "user": { "number": 1 } }, "level": "READ" })),
        ],
        "share" => vec![
            ("stranger", "revokeShare", json!({ "shareId": id })),
            ("reader", "revokeShare", json!({ "shareId": id })),
        ],
        "role" => vec![
            ("manager", "createUser", json!({ "username": "x", "roleId": id })),
            ("manager", "createInvitation", json!({ "roleId": id })),
            ("manager", "grantPermission", json!({ "roleId": id, "permission": "ROLES_WRITE" })),
            ("manager", "createRole", json!({ "name": "x", "parentId": id })),
            ("manager", "updateRole", json!({ "roleId": id, "isActive": true })),
            ("manager", "updateRole", json!({ "roleId": managing, "parentId": id })),
            ("manager", "deleteRole", json!({ "roleId": id })),
            ("manager", "revokePermission", json!({ "roleId": id, "permission": "ROLES_WRITE" })),
        ],
        "user" => vec![
            ("manager", "assignRole", json!({ "userId": id, "roleId": managing })),
            ("manager", "removeRole", json!({ "userId": id, "roleId": managing })),
            ("stranger", "updateUser", json!({ "id": id, "displayName": "x", "expectedVersion": 7 })),
            ("manager", "updateUser", json!({ "id": id, "displayName": "x", "expectedVersion": 7 })),
            ("manager", "suspendUser", json!({ "id": id, "reason": "x", "expectedVersion": 7 })),
            ("manager", "reactivateUser", json!({ "id": id })),
            ("manager", "deleteUser", json!({ "id": id })),
            ("manager", "restoreUser", json!({ "id": id })),
        ],
        _ => vec![],
    }
}

/// Two requests have the same answer apart from the request's id and what is left of the budget, and the same statements: with this code, or none.
async fn alike(person: &Person<'_>, document: &str, variables: &[Value; 2], code: &str) {
    let [one, two] = variables.clone().map(|variables| person.run(document, variables));
    let (one, two) = (one.await, two.await);
    assert_eq!((one.status, one.alike()), (two.status, two.alike()), "{document}");
    assert_eq!(one.statements, two.statements, "{document}");
    assert!(one.body.to_string().contains(&format!("\"code\":\"{code}")) != code.is_empty(), "{:#}", one.body);
}
