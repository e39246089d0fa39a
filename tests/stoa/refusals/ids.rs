//! Ids that are malformed, unknown, of another type or of somebody else.

use harness::World;
use serde_json::{Value, json};

use super::{Cast, Inquiry, document};

/// Broken in every way, made from a good one.
fn malformed(good: &str) -> Vec<String> {
    let (prefix, suffix) = good.rsplit_once('_').unwrap();
    let (head, tail) = good.split_at(good.len() - 1);
    vec![
        String::new(),
        " ".into(),
        "x".into(),
        prefix.into(),
        format!("{prefix}_"),
        suffix.into(),
        format!("_{suffix}"),
        format!("wrong_{suffix}"),
        format!("{prefix}-{suffix}"),
        format!("{head}u"),
        format!("{head}ü"),
        head.into(),
        format!("{good}0"),
        format!(" {good}"),
        format!("{good}\n"),
        good.to_uppercase(),
        format!("{prefix}_{}", suffix.to_uppercase()),
        format!("{prefix}_{}", "z".repeat(26)),
        format!("{head}\0"),
        format!("{good}\0"),
        format!("{prefix}_\0{}", &suffix[1..]),
        "018f3c1e-7a5b-7c3d-9e2f-000000000001".into(),
        format!("{prefix}_018f3c1e-7a5b-7c3d-9e2f-000000000001"),
        "1".into(),
        "' or 1=1 --".into(),
        format!("{head}{}", tail.repeat(100_000)),
    ]
}

/// Well formed, and nobody's.
fn unknown(good: &str) -> String {
    let (head, tail) = good.split_at(good.len() - 6);
    let other = if tail == "zzzzzz" { "yyyyyy" } else { "zzzzzz" };
    format!("{head}{other}")
}

/// One id of each type.
fn one_of_each<'c>(cast: &'c Cast<'_>) -> [&'c String; 6] {
    [&cast.talk, &cast.question, &cast.call, &cast.share, &cast.helper, &cast.ines.id]
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_in_arguments() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let all = one_of_each(&cast);
    for (query, field, argument, good, foreign) in [
        ("query($id: ID!) { conversation(id: $id) { id } }", "conversation", "id", &cast.talk, &cast.foreign),
        ("query($id: ID!) { message(id: $id) { id } }", "message", "id", &cast.question, &cast.foreign_message),
        ("query($id: ID!) { user(by: { id: $id }) { id } }", "user", "by", &cast.omar.id, &cast.zoe.id),
    ] {
        inquiry.answers(&cast.ines, query, json!({ "id": good }), Some(json!({ field: { "id": good } }))).await;
        for id in [&unknown(good), foreign] {
            inquiry.answers(&cast.ines, query, json!({ "id": id }), Some(json!({ field: null }))).await;
        }
        let prefix = good.rsplit_once('_').unwrap().0;
        let others = all.iter().filter(|id| id.rsplit_once('_').unwrap().0 != prefix).map(|id| (*id).clone());
        for id in malformed(good).into_iter().chain(others) {
            inquiry.spoils(&cast.ines, query, json!({ "id": id }), &format!("{field} {argument}")).await;
        }
    }
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_any_type() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let node = "query($id: ID!) { node(id: $id) { id } }";
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    for good in one_of_each(&cast) {
        // Roles are for those who hold them or may read them.
        let person = if *good == cast.helper { &cast.root } else { &cast.ines };
        inquiry.answers(person, node, json!({ "id": good }), Some(json!({ "node": { "id": good } }))).await;
        let hidden = unknown(good);
        inquiry.answers(person, node, json!({ "id": hidden }), Some(json!({ "node": null }))).await;
        let mixed = json!({ "nodes": [null, { "id": good }, { "id": good }] });
        inquiry.answers(person, nodes, json!({ "ids": [hidden, good, good] }), Some(mixed)).await;
        for id in malformed(good) {
            inquiry.spoils(&cast.ines, node, json!({ "id": id }), "node id").await;
            inquiry.spoils(&cast.ines, nodes, json!({ "ids": [good, id] }), "nodes ids").await;
        }
    }
    for id in
        [&cast.foreign, &cast.foreign_message, &cast.foreign_call, &cast.foreign_share, &cast.zoe.id, &cast.helper]
    {
        inquiry.answers(&cast.ines, node, json!({ "id": id }), Some(json!({ "node": null }))).await;
        inquiry.answers(&cast.ines, nodes, json!({ "ids": [id] }), Some(json!({ "nodes": [null] }))).await;
    }
    inquiry.answers(&cast.ines, nodes, json!({ "ids": [] }), Some(json!({ "nodes": [] }))).await;
    let hundred = json!({ "nodes": vec![json!({ "id": cast.talk }); 100] });
    inquiry.answers(&cast.ines, nodes, json!({ "ids": vec![&cast.talk; 100] }), Some(hundred)).await;
    inquiry.spoils(&cast.ines, nodes, json!({ "ids": vec![&cast.talk; 101] }), "nodes ids").await;
    inquiry.spoils(&cast.ines, nodes, json!({ "ids": vec![unknown(&cast.talk); 101] }), "nodes ids").await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_in_filters() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let owner = "query($id: ID!) { conversations(filter: { ownerId: $id }) { totalCount } }";
    let role = "query($id: ID!) { users(filter: { roleId: $id }) { totalCount } }";
    let author =
        "query($id: ID!, $own: ID) { control: __typename viewer { conversations(first: 1, filter: { ownerId: $own }) {
        nodes { messages(filter: { authorId: $id }) { totalCount } } } } }";
    let nested =
        "query($id: ID!) { control: __typename viewer { conversations(filter: { ownerId: $id }) { totalCount } } }";
    inquiry
        .answers(
            &cast.ines,
            owner,
            json!({ "id": cast.ines.id }),
            Some(json!({ "conversations": { "totalCount": 2 } })),
        )
        .await;
    inquiry.answers(&cast.root, role, json!({ "id": cast.admin }), Some(json!({ "users": { "totalCount": 1 } }))).await;
    let none = json!({ "conversations": { "totalCount": 0 } });
    for id in [&unknown(&cast.ines.id), &cast.zoe.id] {
        inquiry.answers(&cast.ines, owner, json!({ "id": id }), Some(none.clone())).await;
    }
    let nobody = json!({ "users": { "totalCount": 0 } });
    inquiry.answers(&cast.root, role, json!({ "id": unknown(&cast.admin) }), Some(nobody)).await;
    for id in malformed(&cast.ines.id).into_iter().chain([cast.talk.clone(), cast.helper.clone()]) {
        let variables = json!({ "id": id });
        inquiry.spoils(&cast.ines, owner, variables.clone(), "conversations filter.ownerId").await;
        inquiry.spoils(&cast.ines, nested, variables.clone(), "viewer.conversations filter.ownerId").await;
        inquiry.spoils(&cast.ines, author, variables, "viewer.conversations.nodes.0.messages filter.authorId").await;
    }
    for id in malformed(&cast.admin).into_iter().chain([cast.talk.clone(), cast.ines.id.clone()]) {
        inquiry.spoils(&cast.root, role, json!({ "id": id }), "users filter.roleId").await;
    }
    inquiry.close();
}

/// Every id in every mutation's input, with its type's good id and what stands for "there, but not for you".
fn inputs<'c>(cast: &'c Cast<'_>) -> Vec<(&'static str, &'static str, &'c String, Option<&'c String>)> {
    let foreign = Some(&cast.foreign);
    vec![
        ("appendMessage", "conversationId", &cast.talk, foreign),
        ("appendMessage", "parentId", &cast.question, Some(&cast.foreign_message)),
        ("assignRole", "roleId", &cast.helper, None),
        ("assignRole", "userId", &cast.omar.id, None),
        ("acceptMembership", "invitationId", &cast.offered, None),
        ("createShareLink", "conversationId", &cast.talk, foreign),
        ("createShareLink", "frozenAtMessageId", &cast.question, Some(&cast.foreign_message)),
        ("declineMembership", "invitationId", &cast.offered, None),
        ("elevateAccess", "conversationId", &cast.foreign, None),
        ("inviteToTeam", "id", &cast.team, Some(&cast.foreign_team)),
        ("inviteToTeam", "invitee.user.id", &cast.omar.id, None),
        ("inviteToWorkspace", "id", &cast.workspace, Some(&cast.foreign_workspace)),
        ("inviteToWorkspace", "invitee.user.id", &cast.omar.id, None),
        ("withdrawMembership", "invitationId", &cast.offer, None),
        ("changeTeamMember", "id", &cast.team, Some(&cast.foreign_team)),
        ("changeTeamMember", "userId", &cast.omar.id, None),
        ("deleteTeam", "id", &cast.team, Some(&cast.foreign_team)),
        ("deleteWorkspace", "id", &cast.workspace, Some(&cast.foreign_workspace)),
        ("moveConversation", "conversationId", &cast.side, foreign),
        ("moveConversation", "workspaceId", &cast.workspace, Some(&cast.foreign_workspace)),
        ("removeTeamMember", "id", &cast.team, Some(&cast.foreign_team)),
        ("removeTeamMember", "userId", &cast.omar.id, None),
        ("restoreTeam", "id", &cast.old_team, Some(&cast.foreign_team)),
        ("restoreWorkspace", "id", &cast.old_workspace, Some(&cast.foreign_workspace)),
        ("updateTeam", "id", &cast.team, Some(&cast.foreign_team)),
        ("updateWorkspace", "id", &cast.workspace, Some(&cast.foreign_workspace)),
        ("createRole", "parentId", &cast.helper, None),
        ("deleteConversation", "conversationId", &cast.talk, foreign),
        ("deleteRole", "roleId", &cast.helper, None),
        ("editMessage", "messageId", &cast.question, Some(&cast.foreign_message)),
        ("beginMessage", "conversationId", &cast.talk, foreign),
        ("beginMessage", "parentId", &cast.question, Some(&cast.foreign_message)),
        ("appendToMessage", "messageId", &cast.writing, Some(&cast.foreign_message)),
        ("finishMessage", "messageId", &cast.writing, Some(&cast.foreign_message)),
        ("cancelMessage", "messageId", &cast.writing, Some(&cast.foreign_message)),
        ("continueMessage", "messageId", &cast.interrupted, Some(&cast.foreign_message)),
        ("branchMessage", "messageId", &cast.question, Some(&cast.foreign_message)),
        ("deleteMessage", "messageId", &cast.answer, Some(&cast.foreign_message)),
        ("forkConversation", "conversationId", &cast.talk, foreign),
        ("forkConversation", "throughMessageId", &cast.question, Some(&cast.foreign_message)),
        ("selectBranch", "messageId", &cast.answer, Some(&cast.foreign_message)),
        ("grantPermission", "roleId", &cast.helper, None),
        ("purgeConversation", "conversationId", &cast.trashed, foreign),
        ("recordToolCall", "messageId", &cast.answer, Some(&cast.foreign_message)),
        ("recordToolResult", "toolCallId", &cast.call, Some(&cast.foreign_call)),
        ("updateAdvisor", "advisorId", &cast.advisor, Some(&cast.foreign_advisor)),
        ("deleteAdvisor", "advisorId", &cast.advisor, Some(&cast.foreign_advisor)),
        ("restoreAdvisor", "advisorId", &cast.old_advisor, Some(&cast.foreign_advisor)),
        ("purgeAdvisor", "advisorId", &cast.old_advisor, Some(&cast.foreign_advisor)),
        ("forkAdvisor", "advisorId", &cast.advisor, Some(&cast.foreign_advisor)),
        ("openConversation", "advisorId", &cast.advisor, Some(&cast.foreign_advisor)),
        ("createConversation", "advisorId", &cast.advisor, Some(&cast.foreign_advisor)),
        ("updateConversation", "advisorId", &cast.advisor, Some(&cast.foreign_advisor)),
        ("recordToolCall", "toolId", &cast.tool, Some(&cast.foreign_tool)),
        ("startToolCall", "toolCallId", &cast.call, Some(&cast.foreign_call)),
        ("cancelToolCall", "toolCallId", &cast.call, Some(&cast.foreign_call)),
        ("approveToolCall", "toolCallId", &cast.waiting, Some(&cast.foreign_call)),
        ("rejectToolCall", "toolCallId", &cast.waiting, Some(&cast.foreign_call)),
        ("updateTool", "toolId", &cast.tool, Some(&cast.foreign_tool)),
        ("deleteTool", "toolId", &cast.tool, Some(&cast.foreign_tool)),
        ("restoreTool", "toolId", &cast.old_tool, Some(&cast.foreign_tool)),
        ("purgeTool", "toolId", &cast.old_tool, Some(&cast.foreign_tool)),
        ("forkTool", "toolId", &cast.tool, Some(&cast.foreign_tool)),
        ("removeRole", "roleId", &cast.helper, None),
        ("removeRole", "userId", &cast.omar.id, None),
        ("restoreConversation", "conversationId", &cast.trashed, foreign),
        ("revokePermission", "roleId", &cast.helper, None),
        ("revokeShare", "shareId", &cast.share, Some(&cast.foreign_share)),
        ("share", "thingId", &cast.talk, foreign),
        ("share", "grantee.user.id", &cast.omar.id, None),
        ("updateConversation", "conversationId", &cast.talk, foreign),
        ("updateRole", "roleId", &cast.helper, None),
        ("updateRole", "parentId", &cast.admin, None),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_in_inputs() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for (mutation, place, good, foreign) in inputs(&cast) {
        let person = cast.caller(mutation);
        let refused = place.split('.').next().unwrap();
        let prefix = good.rsplit_once('_').unwrap().0;
        let others = one_of_each(&cast).into_iter().filter(|id| id.rsplit_once('_').unwrap().0 != prefix).cloned();
        for id in malformed(good).into_iter().chain(others) {
            inquiry
                .refuses(person, mutation, cast.with(mutation, place, json!(id)), &[&format!("INVALID {refused}")])
                .await;
        }
        let missing = format!("NOT_FOUND {refused}");
        let none =
            inquiry.refuses(person, mutation, cast.with(mutation, place, json!(unknown(good))), &[&missing]).await;
        if let Some(foreign) = foreign {
            let hidden =
                inquiry.refuses(person, mutation, cast.with(mutation, place, json!(foreign)), &[&missing]).await;
            if hidden.alike() != none.alike() {
                inquiry.fault(mutation, &format!("{} is not {}", hidden.body, none.body));
            }
        }
    }
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inputs_of_these_tests_are_good() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for mutation in [
        "appendMessage",
        "editMessage",
        "recordToolCall",
        "recordToolResult",
        "approveToolCall",
        "createTool",
        "openConversation",
        "updateAdvisor",
        "restoreAdvisor",
        "forkTool",
        "updateTool",
        "restoreTool",
        "share",
        "revokeShare",
        "createConversation",
        "updateConversation",
        "deleteConversation",
        "restoreConversation",
        "assignRole",
        "removeRole",
        "updateRole",
        "grantPermission",
        "revokePermission",
        "createRole",
        "createInvitation",
        "register",
        "signOut",
    ] {
        inquiry.accepts(cast.caller(mutation), mutation, cast.valid(mutation)).await;
    }
    let input: Value = cast.valid("createConversation");
    let signed_out = cast.ines.run(&document("createConversation"), json!({ "input": input })).await;
    assert_eq!(signed_out.code(), "UNAUTHENTICATED");
    inquiry.close();
}
